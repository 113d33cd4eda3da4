package latchkey

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"latchkey.local/latchkey/internal/core"
)

// Client is a server, and what opens it: /v1 is the client itself, and the other surfaces stand below it.
type Client struct {
	*Surface
	transport *core.Transport
}

// Setting is what a client is made with.
type Setting func(*core.Transport)

// New is a client of the server at this address.
func New(url string, settings ...Setting) (*Client, error) {
	if !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
		return nil, fmt.Errorf("latchkey: the address is %q; it begins with http:// or https://", url)
	}
	transport := &core.Transport{URL: strings.TrimRight(url, "/"), Client: http.DefaultClient, Timeout: time.Minute, Retries: 3}
	for _, setting := range settings {
		setting(transport)
	}
	return &Client{NewSurface(transport), transport}, nil
}

// WithAPIKey has a key of yours open everything.
func WithAPIKey(key string) Setting { return func(t *core.Transport) { t.APIKey = key } }

// WithApplicationKey is for Magpipe's sign-in, which wants the key of the installation.
func WithApplicationKey(key string) Setting {
	return func(t *core.Transport) { t.ApplicationKey = key }
}

// WithTokens goes on with a session. told hears of new tokens; it may be nil.
func WithTokens(tokens Tokens, told func(Tokens)) Setting {
	return func(t *core.Transport) {
		t.SetTokens(tokens)
		t.OnTokens = told
	}
}

// WithHTTPClient sends by a client of your own, with proxies or certificates.
func WithHTTPClient(client *http.Client) Setting {
	return func(t *core.Transport) { t.Client = client }
}

// WithTimeout is how long an answer may take to begin: a minute, unless it is said.
func WithTimeout(limit time.Duration) Setting { return func(t *core.Transport) { t.Timeout = limit } }

// WithRetries is how often what may be sent again is: 3 times, unless it is said.
func WithRetries(times int) Setting { return func(t *core.Transport) { t.Retries = times } }

// SignIn opens a session for this client to go on with; its tokens are refreshed by themselves.
func (c *Client) SignIn(ctx context.Context, email, password string) error {
	return c.transport.SignIn(ctx, email, password)
}

// Tokens are those of the session, to be kept for another time.
func (c *Client) Tokens() Tokens { return c.transport.Tokens() }
