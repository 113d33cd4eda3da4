package latchkey

import (
	"time"

	"latchkey.local/latchkey/internal/core"
)

type (
	// Error says what was refused, or that nobody answered: errors.As.
	Error = core.Error
	// Tokens are those of a session.
	Tokens = core.Tokens
	// Option changes one call.
	Option = core.Option
	// Upload is a file to be sent.
	Upload = core.Upload
	// Download is a file on its way. Close it.
	Download = core.Download
	// Event is a server-sent event.
	Event = core.Event
	// Field is a value that may be left out, or be null.
	Field[T any] = core.Field[T]
	// Page is one page of a list.
	Page[T any] = core.Page[T]
)

// The kinds of errors, for errors.Is.
var (
	ErrUnauthenticated = core.ErrUnauthenticated
	ErrForbidden       = core.ErrForbidden
	ErrNotFound        = core.ErrNotFound
	ErrConflict        = core.ErrConflict
	ErrInvalid         = core.ErrInvalid
	ErrTooMany         = core.ErrTooMany
	ErrUnavailable     = core.ErrUnavailable
)

// Version is that of this module.
const Version = core.Version

// Ptr is the address of a value, for fields that may be left out.
func Ptr[T any](value T) *T { return core.Ptr(value) }

// Set is a field with a value.
func Set[T any](value T) Field[T] { return core.Set(value) }

// Null is a field that is null.
func Null[T any]() Field[T] { return core.Null[T]() }

// IdempotencyKey has a call be done once, however often it is sent.
func IdempotencyKey(key string) Option { return core.IdempotencyKey(key) }

// IfMatch has a call be done only if the thing still is as it was read, with this ETag.
func IfMatch(etag string) Option { return core.IfMatch(etag) }

// Timeout is how long the answer to a call may take to begin.
func Timeout(limit time.Duration) Option { return core.Timeout(limit) }
