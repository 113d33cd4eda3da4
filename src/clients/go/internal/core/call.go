package core

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Operation is an operation of a contract.
type Operation struct {
	Verb string
	// Path is from the root of the server, with its base: /v1/keys/{id}.
	Path string
	// Schemes are the credentials that it takes, one of them: bearer, session, api-key, x-api-key, application.
	Schemes []string
	// Repeats says that it may be sent again: it changes nothing, or the same thing once.
	Repeats bool
	// Keyed says that it takes an Idempotency-Key.
	Keyed bool
	// Hides says that a refusal comes with 200 and an error in it.
	Hides bool
}

// Call is what one call sends.
type Call struct {
	Operation Operation
	Steps     []string
	Query     Query
	Header    http.Header
	Body      Body
	timeout   time.Duration
}

// Body makes what is sent anew each time that it is sent. It says no where it cannot be made again.
type Body interface {
	open(again bool) (content io.Reader, media string, size int64, ok bool)
}

// Option changes one call.
type Option func(*Call)

// IdempotencyKey has the call be done once, however often it is sent.
func IdempotencyKey(key string) Option {
	return func(call *Call) { call.Header.Set("Idempotency-Key", key) }
}

// IfMatch has the call be done only if the thing still is as it was read, with this ETag.
func IfMatch(etag string) Option {
	return func(call *Call) { call.Header.Set("If-Match", etag) }
}

// Timeout is how long the answer may take to begin.
func Timeout(limit time.Duration) Option {
	return func(call *Call) { call.timeout = limit }
}

// NewCall is a call with the values of its path.
func NewCall(operation Operation, steps ...string) *Call {
	return &Call{Operation: operation, Steps: steps, Query: NewQuery(), Header: http.Header{}}
}

// With applies options.
func (c *Call) With(options []Option) *Call {
	for _, option := range options {
		option(c)
	}
	return c
}

func (c *Call) address(base string) (string, error) {
	path := c.Operation.Path
	for _, step := range c.Steps {
		if step == "" || step == "." || step == ".." {
			return "", fmt.Errorf("latchkey: %q can be no part of an address", step)
		}
		from := strings.IndexByte(path, '{')
		to := strings.IndexByte(path, '}')
		path = path[:from] + url.PathEscape(step) + path[to+1:]
	}
	if len(c.Query.Values) > 0 {
		path += "?" + c.Query.Encode()
	}
	return base + path, nil
}

func (c *Call) request(ctx context.Context, base string, again bool) (*http.Request, error) {
	address, err := c.address(base)
	if err != nil {
		return nil, err
	}
	var content io.Reader
	var media string
	size := int64(-1)
	if c.Body != nil {
		var ok bool
		if content, media, size, ok = c.Body.open(again); !ok {
			return nil, errSpent
		}
	}
	request, err := http.NewRequestWithContext(ctx, c.Operation.Verb, address, content)
	if err != nil {
		return nil, err
	}
	for name, values := range c.Header {
		request.Header[name] = values
	}
	if media != "" {
		request.Header.Set("Content-Type", media)
	}
	if size >= 0 {
		request.ContentLength = size
	}
	request.Header.Set("User-Agent", "latchkey-go/"+Version)
	return request, nil
}

// JSON is a body of JSON.
func JSON(value any) Body { return jsonBody{value} }

type jsonBody struct{ value any }

func (b jsonBody) open(bool) (io.Reader, string, int64, bool) {
	content, err := json.Marshal(b.value)
	if err != nil {
		return broken{err}, "application/json", -1, true
	}
	return bytes.NewReader(content), "application/json", int64(len(content)), true
}

// Lines is a body of JSON by lines.
func Lines[T any](values []T, media string) Body { return linesBody[T]{values, media} }

type linesBody[T any] struct {
	values []T
	media  string
}

func (b linesBody[T]) open(bool) (io.Reader, string, int64, bool) {
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	for _, value := range b.values {
		if err := encoder.Encode(value); err != nil {
			return broken{err}, b.media, -1, true
		}
	}
	return &content, b.media, int64(content.Len()), true
}

// broken says when it is read that it could not be made.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }
