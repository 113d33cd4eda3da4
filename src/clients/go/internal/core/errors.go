package core

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The kinds of errors, for errors.Is.
var (
	// ErrUnauthenticated is 401: there is no credential, or it is not good.
	ErrUnauthenticated = errors.New("unauthenticated")
	// ErrForbidden is 403: the credential may not do that.
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound is 404: it is not there, or it is not yours.
	ErrNotFound = errors.New("not found")
	// ErrConflict is 409 and 412: something else has changed meanwhile.
	ErrConflict = errors.New("conflict")
	// ErrInvalid is any other 4xx: what was sent is wrong.
	ErrInvalid = errors.New("invalid")
	// ErrTooMany is 429: a limit is reached.
	ErrTooMany = errors.New("too many")
	// ErrUnavailable is 502, 503, 504, and no answer at all.
	ErrUnavailable = errors.New("unavailable")
)

// Error says what was refused, or that nobody answered.
type Error struct {
	// Message is a sentence.
	Message string
	// Status is the HTTP status; 0 where nobody answered.
	Status int
	// Code is a stable name, where the surface has one.
	Code string
	// RequestID is the name of the request in the server's log.
	RequestID string
	// Docs is the address of a page that says more.
	Docs string
	// Fields says what is wrong where, by a path such as limits.0.requests.
	Fields map[string][]string
	// RetryAfter is when the server said to ask again; 0 where it did not.
	RetryAfter time.Duration

	cause error
}

func (e *Error) Error() string { return e.Message }

// Is tells which kind of error it is.
func (e *Error) Is(target error) bool { return target == e.kind() }

// Unwrap gives what the network said.
func (e *Error) Unwrap() error { return e.cause }

func (e *Error) kind() error {
	switch e.Status {
	case 401:
		return ErrUnauthenticated
	case 403:
		return ErrForbidden
	case 404:
		return ErrNotFound
	case 409, 412:
		return ErrConflict
	case 429:
		return ErrTooMany
	case 0, 502, 503, 504:
		return ErrUnavailable
	}
	if e.Status >= 400 && e.Status < 500 {
		return ErrInvalid
	}
	return nil
}

// Mage answers its refusals with 200, and names them.
var mageStatus = map[string]int{
	"invalid_api_key": 401, "expired_oauth_token": 401, "invalid_oauth_token": 401,
	"unauthorized_access": 403, "record_not_found": 404, "record_invalid": 400,
}

// refusal is the error for an answer that is one.
func refusal(status int, body []byte, header http.Header) *Error {
	var said map[string]any
	_ = json.Unmarshal(body, &said)
	inner, _ := said["error"].(map[string]any)
	if status < 400 {
		status = 400
		if code, ok := inner["code"].(float64); ok && code >= 400 {
			status = int(code)
		}
		if known, ok := mageStatus[text(inner["type"])]; ok {
			status = known
		}
	}
	fields := fieldsOf(said)
	found := &Error{
		Status:    status,
		Code:      firstText(inner["type"], inner["code"], said["error_code"], said["code"], said["type"]),
		RequestID: firstText(header.Get("X-Request-Id"), header.Get("X-Correlation-Id")),
		Docs:      docsOf(said, header),
		Fields:    fields,
		Message:   sentence(said, inner, fields),
	}
	if found.Message == "" {
		found.Message = fmt.Sprintf("The server answered %d.", status)
	}
	if seconds, err := strconv.ParseFloat(header.Get("Retry-After"), 64); err == nil && seconds >= 0 {
		found.RetryAfter = time.Duration(seconds * float64(time.Second))
	}
	return found
}

func text(value any) string {
	found, _ := value.(string)
	return found
}

func firstText(values ...any) string {
	for _, value := range values {
		if found := text(value); found != "" {
			return found
		}
	}
	return ""
}

func sentence(said, inner map[string]any, fields map[string][]string) string {
	detail := said["detail"]
	if below, ok := detail.(map[string]any); ok {
		detail = below["message"]
	}
	found := firstText(detail, inner["message"], said["error_description"], said["error"], said["msg"], said["message"])
	if found != "" {
		return found
	}
	names := slices.Sorted(maps.Keys(fields))
	if len(names) == 0 {
		return ""
	}
	if names[0] == "" {
		return fields[""][0]
	}
	return names[0] + ": " + fields[names[0]][0]
}

func docsOf(said map[string]any, header http.Header) string {
	if kind := text(said["type"]); strings.HasPrefix(kind, "http") || strings.HasPrefix(kind, "/") {
		return kind
	}
	for _, link := range strings.Split(strings.Join(header.Values("Link"), ","), ",") {
		address, rest, found := strings.Cut(strings.TrimSpace(link), ">")
		if found && strings.Contains(rest, `rel="help"`) {
			return strings.TrimPrefix(address, "<")
		}
	}
	return ""
}

// ours are words of the envelopes that name no field.
var ours = []string{"detail", "error", "status", "code", "msg", "message", "type", "title", "instance", "errors", "hint", "messages"}

func fieldsOf(said map[string]any) map[string][]string {
	found := map[string][]string{}
	faults, _ := said["detail"].([]any)
	for _, one := range faults {
		fault, _ := one.(map[string]any)
		steps, _ := fault["loc"].([]any)
		var path []string
		for _, step := range steps {
			if name := fmt.Sprint(step); name != "body" && name != "query" && name != "path" {
				path = append(path, name)
			}
		}
		if fault != nil {
			name := strings.Join(path, ".")
			found[name] = append(found[name], text(fault["msg"]))
		}
	}
	problems, _ := said["errors"].([]any)
	for _, one := range problems {
		problem, _ := one.(map[string]any)
		if pointer, ok := problem["pointer"].(string); ok {
			name := strings.ReplaceAll(strings.Trim(pointer, "/?"), "/", ".")
			found[name] = append(found[name], text(problem["detail"]))
		}
	}
	for name, value := range said {
		if !slices.Contains(ours, name) {
			walk(name, value, found)
		}
	}
	return found
}

func walk(path string, value any, found map[string][]string) {
	switch value := value.(type) {
	case map[string]any:
		for name, below := range value {
			walk(path+"."+name, below, found)
		}
	case []any:
		for position, item := range value {
			if said, ok := item.(string); ok {
				found[path] = append(found[path], said)
			} else {
				walk(fmt.Sprintf("%s.%d", path, position), item, found)
			}
		}
	}
}
