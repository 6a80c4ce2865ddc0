package topic_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/cli/arguments"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/signin"
	"github.com/terrace-idp/terrace/internal/cli/topic"
)

// server answers with the bodies, by path below the topic, and notes what it was sent.
func server(t *testing.T, answers map[string]string) (address string, sent map[string]string) {
	t.Helper()
	sent = map[string]string{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/api/v1/projects/shop/topics/orders/")
		body, _ := io.ReadAll(r.Body)
		sent[path] = string(body)
		w.Header().Set("Content-Type", "application/json")
		if strings.Contains(answers[path], `"kind":"invalid"`) {
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
		_, _ = io.WriteString(w, answers[path])
	}))
	t.Cleanup(s.Close)
	return s.URL, sent
}

func run(address string, line ...string) (out string, err error) {
	return runAs(output.Table, address, line...)
}

func runAs(format, address string, line ...string) (out string, err error) {
	var b bytes.Buffer
	e := &command.Env{
		In: strings.NewReader(""), Out: &b, Err: &b, Format: format,
		Getenv: func(string) string { return "" }, Identity: signin.Identity{Address: address, Token: "t", Project: "shop"},
	}
	c := topic.Command(e)
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs(append(line, "--stage", "dev"))
	err = c.Execute()
	return b.String(), err
}

const twoEvents = `{"events":[{"event":{"id":"e1","type":"placed","data":{"n":1}},"offset":7,"partition":0,"storedAt":"2026-03-01T12:00:00Z","attempt":1,"token":"l.a"},
	{"event":{"id":"e2","type":"placed"},"offset":8,"partition":0,"storedAt":"2026-03-01T12:00:00Z","attempt":1,"token":"l.b"}]}`

// What is shown is acknowledged where that was asked for; else its tokens are shown.
func TestPull(t *testing.T) {
	t.Parallel()
	address, sent := server(t, map[string]string{"subscriptions/billing/pull": twoEvents, "subscriptions/billing/acknowledgements": "{}"})
	out, err := run(address, "pull", "orders", "--subscription", "billing", "--max", "2", "--wait", "1")
	if err != nil || !strings.Contains(out, `placed e1 l.a {"n":1}`) || !strings.Contains(out, "e2 l.b") {
		t.Errorf("%s %v", out, err)
	}
	if _, acknowledged := sent["subscriptions/billing/acknowledgements"]; acknowledged {
		t.Error("what nobody acknowledged is")
	}
	out, err = run(address, "pull", "orders", "--subscription", "billing", "--ack")
	if err != nil || strings.Contains(out, "l.a") || !strings.Contains(sent["subscriptions/billing/acknowledgements"], `"done":["l.a","l.b"]`) {
		t.Errorf("%s %v %v", out, sent, err)
	}
	out, err = run(address, "nak", "orders", "l.a", "l.b", "--subscription", "billing", "--delay", "60")
	var said struct {
		Failed       []string
		DelaySeconds int
	}
	if json.Unmarshal([]byte(sent["subscriptions/billing/acknowledgements"]), &said) != nil || err != nil || len(said.Failed) != 2 || said.DelaySeconds != 60 || out != "2 events are given back\n" {
		t.Errorf("%s %+v %v", out, said, err)
	}
	if out, err = run(address, "ack", "orders", "l.a", "--subscription", "billing"); err != nil || out != "1 event is acknowledged\n" {
		t.Errorf("%s %v", out, err)
	}
	if _, err = run(address, "pull", "orders"); err == nil || !strings.Contains(err.Error(), "subscription") {
		t.Error(err)
	}
}

// What breaks a schema is a mistake in the file, at its place.
func TestPublishTellsThePlace(t *testing.T) {
	t.Parallel()
	const refusal = `{"kind":"invalid","detail":"topic orders does not take this","problems":[{"path":"PATHdata/items/1","message":"got string, want integer"}]}`
	const event = "{\"id\": \"e1\", \"type\": \"placed\", \"source\": \"/\",\n \"data\": {\"items\": [1,\n   \"x\"]}}"
	for name, one := range map[string]struct{ path, text, place string }{
		"one":     {"", event, ":3:4: data/items/1"},
		"several": {"1.", "[\n{},\n" + event + "]", ":5:4: 1.data/items/1"},
		"a list":  {"", "[\n" + event + "]", ":4:4: data/items/1"},
		"no JSON": {"", "{\n \"id\": oops}", ":2:8: "},
	} {
		address, _ := server(t, map[string]string{"events": strings.Replace(refusal, "PATH", one.path, 1)})
		file := filepath.Join(t.TempDir(), "placed.json")
		if err := os.WriteFile(file, []byte(one.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := run(address, "publish", "orders", file)
		var told bytes.Buffer
		exit.Report(&told, output.Table, time.Now(), err)
		if arguments.Wrong(err) || exit.Code(err) != exit.Failed || !strings.Contains(told.String(), file+one.place) {
			t.Errorf("%s: exit %d, %s", name, exit.Code(err), told.String())
		}
	}
}

// Programs read a list of what was pulled, also an empty one.
func TestPullForPrograms(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]int{`{"events":[]}`: 0, twoEvents: 2} {
		address, _ := server(t, map[string]string{"subscriptions/billing/pull": body})
		out, err := runAs(output.JSON, address, "pull", "orders", "--subscription", "billing", "--wait", "0")
		var got []struct{ Token string }
		if err != nil || json.Unmarshal([]byte(out), &got) != nil || got == nil || len(got) != want {
			t.Errorf("%s %v", out, err)
		}
	}
}

// The dead letters of a topic are told once, not for each of its subscriptions.
func TestLag(t *testing.T) {
	t.Parallel()
	one := func(name string) string {
		return `{"name":"` + name + `","mode":"pull","status":"active","lag":{"pending":4,"inFlight":1,"dead":3}}`
	}
	address, _ := server(t, map[string]string{
		"subscriptions": `{"items":[` + one("billing") + `,` + one("chat") + `]}`, "subscriptions/billing": one("billing"), "subscriptions/chat": one("chat"),
	})
	out, err := run(address, "lag", "orders")
	if err != nil || strings.Count(out, "3") != 1 || !strings.Contains(out, "dead letters of the topic: 3\n") || !strings.Contains(out, "terrace topic dead orders --stage dev") {
		t.Errorf("%s %v", out, err)
	}
}

// document writes the document of the topic orders.
func document(t *testing.T, lines string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "orders.yaml")
	if err := os.WriteFile(file, []byte("topic: orders\n"+lines), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A broker that there is not is a mistake in the document, at its place, before anything is done.
func TestApplyTellsWhereTheBrokerIs(t *testing.T) {
	t.Parallel()
	for _, dry := range [][]string{nil, {"--dry-run"}} {
		address, sent := server(t, map[string]string{"/api/v1/topic-brokers": `{"items":[{"name":"embedded","kind":"nats"}]}`})
		file := document(t, "owner: team\nbroker: kafak\n")
		_, err := run(address, append([]string{"apply", file}, dry...)...)
		var told bytes.Buffer
		exit.Report(&told, output.Table, time.Now(), err)
		if arguments.Wrong(err) || exit.Code(err) != exit.Failed || !strings.Contains(told.String(), file+":3:1: broker") || len(sent) != 1 {
			t.Errorf("exit %d, %s %v", exit.Code(err), told.String(), sent)
		}
	}
}

// A dry run of a schema that breaks ends as the apply would, and tells what breaks.
func TestADryRunEndsAsTheApply(t *testing.T) {
	t.Parallel()
	const breaks = `{"type":"placed","version":0,"former":2,"new":true,"breaks":[{"path":"/total","message":"it is required now","for":"new consumers"}]}`
	file := document(t, "events:\n  placed:\n    schema: {type: object}\n")
	for _, dry := range [][]string{nil, {"--dry-run"}} {
		address, _ := server(t, map[string]string{"schemas": breaks})
		out, err := run(address, append([]string{"apply", file}, dry...)...)
		if exit.Code(err) != exit.Failed || !strings.Contains(out, "placed breaks version 2") || !strings.Contains(out, "/total") {
			t.Errorf("%v: exit %d, %s %v", dry, exit.Code(err), out, err)
		}
	}
}

// A grant that was revoked while its broker was away is shown as that.
func TestGrantsThatEnd(t *testing.T) {
	t.Parallel()
	address, _ := server(t, map[string]string{"grants": `{"items":[
		{"name":"a","publish":true,"credentials":[{"username":"u","since":"2026-03-01T12:00:00Z"}]},
		{"name":"b","publish":true,"credentials":[{"username":"u","since":"2026-03-01T12:00:00Z","until":"2026-03-02T12:00:00Z"}]}]}`})
	out, err := run(address, "grant", "list", "orders")
	lines := strings.Split(out, "\n")
	if err != nil || len(lines) < 3 || strings.Contains(lines[1], "revoked") || !strings.Contains(lines[2], "revoked; ends once its broker answers") {
		t.Errorf("%s %v", out, err)
	}
}
