// Package core sends: credentials, time-outs, sending again, refreshing a session.
package core

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Tokens are those of a session.
type Tokens struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
}

// Transport is a server, and what opens it.
type Transport struct {
	URL            string
	Client         *http.Client
	APIKey         string
	ApplicationKey string
	// Timeout is how long an answer may take to begin.
	Timeout time.Duration
	// Retries is how often what may be sent again is.
	Retries int
	// OnTokens is told of the tokens of a session when there are new ones.
	OnTokens func(Tokens)

	mutex   sync.Mutex
	tokens  Tokens
	refresh sync.Mutex
}

var errSpent = errors.New("latchkey: what was to be sent has been read already")

var (
	refreshing = Operation{Verb: "POST", Path: "/v1/sessions/refresh"}
	signingIn  = Operation{Verb: "POST", Path: "/v1/sessions"}
)

// Tokens are those of the session as it stands.
func (t *Transport) Tokens() Tokens {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.tokens
}

// SetTokens goes on with a session.
func (t *Transport) SetTokens(tokens Tokens) {
	t.mutex.Lock()
	t.tokens = tokens
	t.mutex.Unlock()
	if t.OnTokens != nil {
		t.OnTokens(tokens)
	}
}

// SignIn opens a session.
func (t *Transport) SignIn(ctx context.Context, email, password string) error {
	call := NewCall(signingIn)
	call.Body = JSON(map[string]string{"email": email, "password": password})
	tokens, err := Ask[Tokens](ctx, t, call)
	if err == nil {
		t.SetTokens(*tokens)
	}
	return err
}

// authorize adds what opens an operation, and gives the access token where that is it.
func (t *Transport) authorize(request *http.Request, schemes []string) string {
	for _, scheme := range schemes {
		if scheme == "application" && t.ApplicationKey != "" {
			request.Header.Set("apikey", t.ApplicationKey)
		}
	}
	for _, scheme := range schemes {
		switch scheme {
		case "x-api-key":
			if key := cmp.Or(t.APIKey, t.ApplicationKey); key != "" {
				request.Header.Set("X-API-KEY", key)
			}
			return ""
		case "api-key":
			if t.APIKey != "" {
				request.Header.Set("Authorization", "Api-Key "+t.APIKey)
				return ""
			}
		case "bearer":
			if t.APIKey != "" {
				request.Header.Set("Authorization", "Bearer "+t.APIKey)
				return ""
			}
		}
		if token := t.Tokens().AccessToken; token != "" && scheme != "application" {
			request.Header.Set("Authorization", "Bearer "+token)
			return token
		}
	}
	return ""
}

// Send sends a call, again where that is needed and does no harm. The body of the answer is the caller's to close.
func (t *Transport) Send(ctx context.Context, call *Call) (*http.Response, error) {
	if call.Operation.Keyed && call.Header.Get("Idempotency-Key") == "" {
		call.Header.Set("Idempotency-Key", rand.Text())
	}
	refreshed := false
	for attempt := 0; ; attempt++ {
		response, token, err := t.once(ctx, call, attempt > 0 || refreshed)
		if err == nil {
			return response, nil
		}
		var refusal *Error
		if !errors.As(err, &refusal) {
			return nil, err
		}
		if refusal.Status == http.StatusUnauthorized && !refreshed && token != "" && t.Tokens().RefreshToken != "" {
			refreshed = true
			attempt--
			if err := t.renew(ctx, token); err != nil {
				return nil, err
			}
			continue
		}
		pause, again := t.pause(attempt, call, refusal)
		if !again {
			return nil, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-timer.C:
		}
	}
}

func (t *Transport) once(ctx context.Context, call *Call, again bool) (*http.Response, string, error) {
	limit := t.Timeout
	if call.timeout > 0 {
		limit = call.timeout
	}
	// It ends the wait for an answer; an answer that has begun may take as long as it takes.
	bound, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(limit, func() { cancel(context.DeadlineExceeded) })
	request, err := call.request(bound, t.URL, again)
	if err != nil {
		timer.Stop()
		cancel(nil)
		return nil, "", err
	}
	token := t.authorize(request, call.Operation.Schemes)
	response, err := t.Client.Do(request)
	inTime := timer.Stop()
	if err != nil {
		cancel(nil)
		if ctx.Err() != nil {
			return nil, token, ctx.Err()
		}
		if !inTime {
			err = context.DeadlineExceeded
		}
		return nil, token, &Error{Message: fmt.Sprintf("No answer: %v.", err), cause: err}
	}
	response.Body = &ending{response.Body, cancel}
	if response.StatusCode >= 200 && response.StatusCode < 300 && !call.Operation.Hides {
		return response, token, nil
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		return nil, token, &Error{Message: fmt.Sprintf("No answer: %v.", err), cause: err}
	}
	if response.StatusCode < 200 || response.StatusCode > 299 || hasError(body) {
		return nil, token, refusal(response.StatusCode, body, response.Header)
	}
	response.Body = io.NopCloser(strings.NewReader(string(body)))
	return response, token, nil
}

func hasError(body []byte) bool {
	var said struct {
		Error json.RawMessage `json:"error"`
	}
	return json.Unmarshal(body, &said) == nil && said.Error != nil
}

// ending lets go of the request when its answer is closed.
type ending struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
}

func (e *ending) Close() error {
	err := e.ReadCloser.Close()
	e.cancel(nil)
	return err
}

// renew refreshes the session once, however many calls were refused with its old token.
func (t *Transport) renew(ctx context.Context, stale string) error {
	t.refresh.Lock()
	defer t.refresh.Unlock()
	tokens := t.Tokens()
	if tokens.AccessToken != stale {
		return nil
	}
	call := NewCall(refreshing)
	call.Body = JSON(map[string]string{"refresh_token": tokens.RefreshToken})
	fresh, err := Ask[Tokens](ctx, t, call)
	if err == nil {
		t.SetTokens(*fresh)
	}
	return err
}

// pause says how long to wait before a call is sent again, if it is.
func (t *Transport) pause(attempt int, call *Call, refusal *Error) (time.Duration, bool) {
	repeats := call.Operation.Repeats || call.Header.Get("Idempotency-Key") != ""
	switch refusal.Status {
	case 429:
	case 0, 502, 503, 504:
		if !repeats {
			return 0, false
		}
	default:
		return 0, false
	}
	if attempt >= t.Retries || refusal.RetryAfter > time.Minute {
		return 0, false
	}
	if refusal.RetryAfter > 0 {
		return refusal.RetryAfter, true
	}
	wait := min(8*time.Second, 250*time.Millisecond<<attempt)
	return wait/2 + mathrand.N(wait/2), true
}
