package core

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Ask sends a call, and reads its answer.
func Ask[T any](ctx context.Context, transport *Transport, call *Call) (*T, error) {
	response, err := transport.Send(ctx, call)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	var found T
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil && err != io.EOF {
		return nil, &Error{Message: "The answer is not as the contract has it: " + err.Error() + ".", Status: response.StatusCode, cause: err}
	}
	return &found, nil
}

// Tell sends a call whose answer says nothing.
func Tell(ctx context.Context, transport *Transport, call *Call) error {
	response, err := transport.Send(ctx, call)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, response.Body)
	return response.Body.Close()
}

// Download is a file on its way. Close it.
type Download struct {
	io.ReadCloser
	// Size is in bytes; -1 where the server did not say.
	Size int64
	// Type is the media type.
	Type string
}

// Fetch sends a call whose answer is a file.
func Fetch(ctx context.Context, transport *Transport, call *Call) (*Download, error) {
	response, err := transport.Send(ctx, call)
	if err != nil {
		return nil, err
	}
	return &Download{response.Body, response.ContentLength, response.Header.Get("Content-Type")}, nil
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T
	// Count is how many there are on all pages; -1 where the surface does not say.
	Count int

	next url.Values
}

// HasNext says whether there is a page after this one.
func (p *Page[T]) HasNext() bool { return p.next != nil }

// Paging says how a list goes on, and which key has its items.
type Paging struct{ Kind, Items string }

// One gives one page of a list.
func One[T any](ctx context.Context, transport *Transport, call *Call, paging Paging) (*Page[T], error) {
	answer, err := Ask[json.RawMessage](ctx, transport, call)
	if err != nil {
		return nil, err
	}
	page := &Page[T]{Count: -1}
	said := map[string]json.RawMessage{}
	items := *answer
	if paging.Items != "" {
		err = json.Unmarshal(*answer, &said)
		items = said[paging.Items]
	}
	if err == nil && len(items) > 0 {
		err = json.Unmarshal(items, &page.Items)
	}
	if err != nil {
		return nil, &Error{Message: "The answer is not as the contract has it: " + err.Error() + ".", Status: 200, cause: err}
	}
	var metadata map[string]json.RawMessage
	_ = json.Unmarshal(said["metadata"], &metadata)
	for _, count := range []json.RawMessage{said["count"], said["total"], metadata["count"]} {
		if number, err := strconv.Atoi(string(count)); err == nil {
			page.Count = number
			break
		}
	}
	page.next = paging.next(said, metadata, call.Query.Values, len(page.Items))
	return page, nil
}

func (p Paging) next(said, metadata map[string]json.RawMessage, query url.Values, length int) url.Values {
	name, value := "", ""
	switch p.Kind {
	case "cursor", "page":
		name = p.Kind
		var link string
		_ = json.Unmarshal(said["next"], &link)
		if address, err := url.Parse(link); err == nil {
			value = address.Query().Get(name)
		}
	case "skip":
		name = "skip"
		skip, _ := strconv.Atoi(string(said["skip"]))
		total, _ := strconv.Atoi(string(said["total"]))
		if length > 0 && skip+length < total {
			value = strconv.Itoa(skip + length)
		}
	case "offset":
		name = "_offset"
		offset, _ := strconv.Atoi(query.Get(name))
		if length > 0 && string(metadata["next"]) == "true" {
			value = strconv.Itoa(offset + length)
		}
	}
	if value == "" {
		return nil
	}
	after := url.Values{}
	for key, values := range query {
		after[key] = values
	}
	after.Set(name, value)
	return after
}

// All gives the items of a list, page after page as they are needed.
func All[T any](ctx context.Context, transport *Transport, call *Call, paging Paging) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		current := *call
		for {
			page, err := One[T](ctx, transport, &current, paging)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if page.next == nil {
				return
			}
			current.Query = Query{page.next}
		}
	}
}

// Event is a server-sent event.
type Event struct{ Event, Data, ID string }

// Events gives what a server sends, as it comes.
func Events(ctx context.Context, transport *Transport, call *Call) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		var event Event
		var data []string
		for line, err := range lines(ctx, transport, call) {
			if err != nil {
				yield(Event{}, err)
				return
			}
			name, value, _ := strings.Cut(string(line), ":")
			value = strings.TrimPrefix(value, " ")
			switch {
			case len(line) == 0 && len(data) > 0:
				event.Data = strings.Join(data, "\n")
				if event.Event == "" {
					event.Event = "message"
				}
				if !yield(event, nil) {
					return
				}
				event, data = Event{ID: event.ID}, nil
			case len(line) == 0:
				event.Event = ""
			case name == "event":
				event.Event = value
			case name == "data":
				data = append(data, value)
			case name == "id":
				event.ID = value
			}
		}
	}
}

// Stream gives JSON by lines, as it comes.
func Stream[T any](ctx context.Context, transport *Transport, call *Call) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for line, err := range lines(ctx, transport, call) {
			var found T
			if err == nil && len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			if err == nil {
				err = json.Unmarshal(line, &found)
			}
			if !yield(found, err) || err != nil {
				return
			}
		}
	}
}

func lines(ctx context.Context, transport *Transport, call *Call) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		response, err := transport.Send(ctx, call)
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() { _ = response.Body.Close() }()
		scan(response, yield)
	}
}

func scan(response *http.Response, yield func([]byte, error) bool) {
	scanner := bufio.NewScanner(response.Body)
	scanner.Buffer(nil, 1<<26)
	for scanner.Scan() {
		if !yield(bytes.TrimSuffix(scanner.Bytes(), []byte("\r")), nil) {
			return
		}
	}
	if err := scanner.Err(); err != nil {
		yield(nil, &Error{Message: "The answer broke off: " + err.Error() + ".", Status: response.StatusCode, cause: err})
	}
}
