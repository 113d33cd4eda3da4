// The scenario of the clients, in Go: a line for each step, its name and what came of it. See ../run.mjs.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"latchkey.local/latchkey"
	"latchkey.local/latchkey/mage"
	"latchkey.local/latchkey/maiagent"
	"latchkey.local/latchkey/mystic"
)

var (
	ctx     = context.Background()
	url     = os.Getenv("SCENARIO_URL")
	control = os.Getenv("SCENARIO_CONTROL")
	wrong   = "mgp_" + strings.Repeat("0", 40)
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatalf("%T: %v", err, err)
	}
	return value
}

func told[T any](method, path string) T {
	request := must(http.NewRequest(method, control+path, nil))
	answer := must(http.DefaultClient.Do(request))
	defer answer.Body.Close()
	var found T
	if err := json.NewDecoder(answer.Body).Decode(&found); err != nil {
		log.Fatal(err)
	}
	return found
}

func say(step, result string) { fmt.Printf("%s\t%s\n", step, result) }

var kinds = map[string]error{
	"Unauthenticated": latchkey.ErrUnauthenticated, "Forbidden": latchkey.ErrForbidden, "NotFound": latchkey.ErrNotFound,
	"Conflict": latchkey.ErrConflict, "Invalid": latchkey.ErrInvalid, "TooMany": latchkey.ErrTooMany, "Unavailable": latchkey.ErrUnavailable,
}

func refused(step string, err error, more func(*latchkey.Error) string) {
	var refusal *latchkey.Error
	if !errors.As(err, &refusal) {
		say(step, fmt.Sprintf("was let through: %v", err))
		return
	}
	kind := "LatchkeyError"
	for name, one := range kinds {
		if errors.Is(err, one) {
			kind = name
		}
	}
	end := ""
	if more != nil {
		end = more(refusal)
	}
	say(step, fmt.Sprintf("%s %d%s", kind, refusal.Status, end))
}

func client(key string, settings ...latchkey.Setting) *latchkey.Client {
	return must(latchkey.New(url, append(settings, latchkey.WithAPIKey(key))...))
}

func who(c *latchkey.Client) string {
	me := must(c.Me.Get(ctx))
	return me.Email + ", by a " + me.Credential.Kind
}

func length[T any](list iter.Seq2[T, error]) int {
	count := 0
	for item, err := range list {
		must(item, err)
		count++
	}
	return count
}

func main() {
	session := must(latchkey.New(url))
	if err := session.SignIn(ctx, "owner@example.com", os.Getenv("SCENARIO_PASSWORD")); err != nil {
		log.Fatal(err)
	}
	say("sign in", who(session))

	made := must(session.Keys.Create(ctx, &latchkey.NewKey{Name: "scenario in Go"}))
	say("mint", fmt.Sprintf("%s, %s", (*made.Key)[:4], made.State))
	c := client(*made.Key)
	say("use", who(c))

	hundred := &latchkey.PipelinesListParams{Limit: latchkey.Ptr(100)}
	names := map[string]bool{}
	for pipeline, err := range c.Pipelines.List(ctx, hundred) {
		names[must(pipeline, err).ID] = true
	}
	page := must(c.Pipelines.ListPage(ctx, hundred))
	say("page through 250", fmt.Sprintf("%d distinct of %d, first page %d", len(names), page.Count, len(page.Items)))

	files(c)
	errorKinds(session, c)

	brisk := client(*must(session.Keys.Create(ctx, &latchkey.NewKey{Name: "brisk in Go", Limits: []latchkey.WindowInput{{Requests: 2, Per: "second"}}})).Key)
	count := 0
	for range 5 {
		must(brisk.Me.Get(ctx))
		count++
	}
	say("limited, and goes on", fmt.Sprintf("%d of 5", count))

	refresh(session)
	cut(c)

	lengths := []int{
		length(c.Pipelines.List(ctx, hundred)),
		length(c.Mage.Pipelines.List(ctx, &mage.PipelinesListParams{Limit: latchkey.Ptr(100)})),
		length(c.Mystic.Pipelines.List(ctx, &mystic.PipelinesListParams{Limit: latchkey.Ptr(100)})),
		length(c.Maiagent.Pipelines.List(ctx, &maiagent.PipelinesListParams{PageSize: latchkey.Ptr("100")})),
	}
	say("all surfaces", strings.Trim(strings.ReplaceAll(fmt.Sprint(lengths), " ", ", "), "[]"))

	webhook(c)

	told[any]("POST", "/restart")
	say("the server starts again", must(c.Me.Get(ctx)).Email)

	if err := c.Keys.Revoke(ctx, made.ID); err != nil {
		log.Fatal(err)
	}
	_, err := c.Me.Get(ctx)
	refused("revoke", err, nil)
}

func files(c *latchkey.Client) {
	content := make([]byte, 20<<20)
	must(rand.Read(content))
	last := int64(0)
	upload := &latchkey.Upload{Name: "twenty.bin", Content: bytes.NewReader(content), Progress: func(sent int64) { last = sent }}
	file := must(c.Files.Upload(ctx, &latchkey.FilesUploadBody{File: upload}))
	download := must(c.Files.Download(ctx, file.ID))
	back := must(io.ReadAll(download))
	_ = download.Close()
	same, end := "another", fmt.Sprint(last)
	if bytes.Equal(back, content) {
		same = "the same"
	}
	if last == int64(len(content)) {
		end = "told to the end"
	}
	say("20 MB up and down", fmt.Sprintf("%d bytes, %s, %s", len(back), same, end))
	if err := c.Files.Delete(ctx, file.ID); err != nil {
		log.Fatal(err)
	}
}

func errorKinds(session, c *latchkey.Client) {
	_, err := client(wrong).Me.Get(ctx)
	refused("401", err, nil)
	reader := must(session.Keys.Create(ctx, &latchkey.NewKey{Name: "reader in Go", Scopes: []string{"pipelines:read"}}))
	_, err = client(*reader.Key).Pipelines.Create(ctx, &latchkey.NewPipeline{Name: "not this one"})
	refused("403", err, nil)
	_, err = c.Pipelines.Get(ctx, "pip_"+strings.Repeat("0", 32))
	refused("404", err, func(refusal *latchkey.Error) string {
		if refusal.RequestID == "" {
			return ""
		}
		return ", named in the log"
	})
	_, err = c.Maiagent.Pipelines.Get(ctx, "00000000-0000-4000-8000-000000000000")
	refused("404 of MaiAgent", err, nil)
	_, err = c.Mystic.Pipelines.Get(ctx, "pipeline_"+strings.Repeat("0", 32), nil)
	refused("404 of Mystic", err, nil)
	_, err = client(wrong).Mage.Pipelines.ListPage(ctx, nil)
	refused("401 of Mage, with 200", err, nil)
	first := must(c.Pipelines.ListPage(ctx, &latchkey.PipelinesListParams{Limit: latchkey.Ptr(1)})).Items[0]
	_, err = c.Pipelines.Update(ctx, first.ID, &latchkey.PipelineChanges{Description: latchkey.Set("x")}, latchkey.IfMatch(`"not this one"`))
	refused("412", err, nil)
	_, err = c.Keys.Create(ctx, &latchkey.NewKey{})
	refused("400, by field", err, func(refusal *latchkey.Error) string {
		names := ""
		for name := range refusal.Fields {
			names += ": " + name
		}
		return names
	})
	slow := must(session.Keys.Create(ctx, &latchkey.NewKey{Name: "once in Go", Limits: []latchkey.WindowInput{{Requests: 1, Per: "hour"}}}))
	once := client(*slow.Key, latchkey.WithRetries(0))
	must(once.Me.Get(ctx))
	_, err = once.Me.Get(ctx)
	refused("429", err, func(refusal *latchkey.Error) string {
		if refusal.RetryAfter == 0 {
			return ""
		}
		return ", says when"
	})
	nobody := must(latchkey.New("http://127.0.0.1:1", latchkey.WithAPIKey(wrong), latchkey.WithRetries(1)))
	_, err = nobody.Me.Get(ctx)
	refused("nobody there", err, nil)
}

func refresh(session *latchkey.Client) {
	tokens := session.Tokens()
	tokens.AccessToken = tokens.AccessToken[:len(tokens.AccessToken)-4] + "AAAA"
	stale := must(latchkey.New(url, latchkey.WithTokens(tokens, nil)))
	before := told[int]("GET", "/refreshes")
	var answers atomic.Int32
	var group sync.WaitGroup
	for range 20 {
		group.Add(1)
		go func() {
			defer group.Done()
			if _, err := stale.Me.Get(ctx); err == nil {
				answers.Add(1)
			}
		}()
	}
	group.Wait()
	say("20 calls, one refresh", fmt.Sprintf("%d of 20, %d refresh", answers.Load(), told[int]("GET", "/refreshes")-before))
}

func cut(c *latchkey.Client) {
	told[any]("POST", "/cut")
	made := must(c.Pipelines.Create(ctx, &latchkey.NewPipeline{Name: "made once in Go"}))
	count := 0
	for pipeline, err := range c.Pipelines.List(ctx, &latchkey.PipelinesListParams{Limit: latchkey.Ptr(1000)}) {
		if must(pipeline, err).Name == made.Name {
			count++
		}
	}
	times, sent := fmt.Sprint(count), "else"
	if count == 1 {
		times = "once"
	}
	if told[int]("GET", "/cuts") == 2 {
		sent = "twice"
	}
	say("an answer that was cut", fmt.Sprintf("made %s, sent %s", times, sent))
	if err := c.Pipelines.Delete(ctx, made.ID); err != nil {
		log.Fatal(err)
	}
}

type message struct {
	Body    string            `json:"body"`
	Headers map[string]string `json:"headers"`
}

func webhook(c *latchkey.Client) {
	hook := must(c.Webhooks.Create(ctx, &latchkey.WebhookFields{URL: control + "/hook/go", Events: []string{"pipeline.created"}}))
	extra := must(c.Pipelines.Create(ctx, &latchkey.NewPipeline{Name: "told of in Go"}))
	var came *message
	for range 300 {
		if came = told[*message]("GET", "/hook/go"); came != nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	header := http.Header{}
	for name, value := range came.Headers {
		header.Set(name, value)
	}
	var event struct{ Type string }
	_ = json.Unmarshal([]byte(came.Body), &event)
	if err := latchkey.VerifyWebhook([]byte(came.Body), header, *hook.Secret); err != nil {
		log.Fatal(err)
	}
	changed := "a changed one taken"
	if latchkey.VerifyWebhook([]byte(came.Body+" "), header, *hook.Secret) != nil {
		changed = "a changed one refused"
	}
	say("a webhook", event.Type+", "+changed)
	for _, err := range []error{c.Webhooks.Delete(ctx, hook.ID), c.Pipelines.Delete(ctx, extra.ID)} {
		if err != nil {
			log.Fatal(err)
		}
	}
}
