package core

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// Field is a value that may be left out, or be null: the zero Field is left out.
type Field[T any] struct {
	value *T
	isSet bool
}

// Set is a field with a value.
func Set[T any](value T) Field[T] { return Field[T]{&value, true} }

// Null is a field that is null.
func Null[T any]() Field[T] { return Field[T]{nil, true} }

// IsZero tells encoding/json what to leave out.
func (f Field[T]) IsZero() bool { return !f.isSet }

// MarshalJSON writes the value, or null.
func (f Field[T]) MarshalJSON() ([]byte, error) { return json.Marshal(f.value) }

// UnmarshalJSON reads a value, or null.
func (f *Field[T]) UnmarshalJSON(text []byte) error {
	f.isSet = true
	return json.Unmarshal(text, &f.value)
}

func (f Field[T]) String() string {
	if f.value == nil {
		return ""
	}
	return Text(*f.value)
}

// Ptr is the address of a value, for fields that may be left out.
func Ptr[T any](value T) *T { return &value }

// Text is a value of a path, a query or a header.
func Text(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case bool:
		return strconv.FormatBool(value)
	case time.Time:
		return value.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(value)
}

// Query is the query of a request.
type Query struct{ url.Values }

// NewQuery is an empty one.
func NewQuery() Query { return Query{url.Values{}} }

// AddTo adds a value, where there is one.
func AddTo[T any](query Query, name string, value *T) {
	if value != nil {
		query.Add(name, Text(*value))
	}
}

// AddAll adds a value again for each of several.
func AddAll[T any](query Query, name string, values []T) {
	for _, value := range values {
		query.Add(name, Text(value))
	}
}

// AddJoined adds several values with commas between them.
func AddJoined[T any](query Query, name string, values []T) {
	if len(values) == 0 {
		return
	}
	joined := ""
	for position, value := range values {
		if position > 0 {
			joined += ","
		}
		joined += Text(value)
	}
	query.Add(name, joined)
}
