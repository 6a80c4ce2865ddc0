package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/test/harness"
)

const notifying = `apiVersion: terrace.dev/v1
kind: Rule
metadata: {name: tell}
spec:
  on: {exact: {type: dev.terrace.secret.changed}}
  when: data.version == 1
  do: {notify: {subscription: chat, message: "${subject} is new in ${stage}"}}
`

// TestEventsReachWebhooksAndRules has a receiver that is down while something
// happens and the daemon is killed: it is told afterwards. A rule for the event
// has acted once.
func TestEventsReachWebhooksAndRules(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d := harness.Start(t)
	p := d.Project(ctx, t, "shop")
	var down atomic.Bool
	got := make(chan string, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var e struct {
			Type, Subject string
			Data          struct{ Message string }
		}
		body, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(body, &e)
		if down.Load() || r.Header.Get("webhook-signature") == "" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		got <- e.Type + " " + e.Subject + " " + e.Data.Message
	}))
	defer receiver.Close()
	p.Must(ctx, "subscription", "create", "chat", "--webhook", receiver.URL, "--type", "secret.*")
	p.Must(ctx, "subscription", "test", "chat")
	wants(t, got, "dev.terrace.subscription.tested ")
	file := filepath.Join(d.Dir, "rule.yaml")
	if err := os.WriteFile(file, []byte(notifying), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Must(ctx, "rule", "apply", file)

	down.Store(true)
	for _, value := range []string{"one", "two"} {
		status, err := d.Call(ctx, d.SignIn().Token, http.MethodPut, "/api/v1/projects/shop/secrets/key?stage=dev", map[string]string{"value": value}, nil)
		if err != nil || status != http.StatusOK {
			t.Fatalf("%d, %v", status, err)
		}
	}
	harness.Eventually(t, "the first event is tried", func() (string, bool) {
		r := p.Must(ctx, "subscription", "deliveries", "chat", "--status", "retrying")
		return r.String(), strings.Contains(r.Stdout, "secret.changed")
	})
	harness.Eventually(t, "the rule has been tried once and skipped once", func() (string, bool) {
		var all []struct{ Outcome string }
		r := p.Must(ctx, "rule", "history", "tell", "-o", "json")
		_ = json.Unmarshal([]byte(r.Stdout), &all)
		return r.String(), fmt.Sprint(all) == "[{skipped} {failed}]"
	})
	d.Kill()
	down.Store(false)
	d.Boot()
	wants(t, got, "dev.terrace.secret.changed key ")
	wants(t, got, "dev.terrace.secret.changed key ")

	status, err := d.Call(ctx, d.SignIn().Token, http.MethodPut, "/api/v1/projects/shop/secrets/other?stage=dev", map[string]string{"value": "x"}, nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%d, %v", status, err)
	}
	seen := map[string]bool{<-got: true, <-got: true} // the rule does not wait for the delivery
	if !seen["dev.terrace.secret.changed other "] || !seen["dev.terrace.rule.notified other other is new in dev"] {
		t.Errorf("got %v", seen)
	}
}

func wants(t *testing.T, got chan string, begin string) {
	t.Helper()
	harness.Eventually(t, begin+"arrives", func() (string, bool) {
		select {
		case s := <-got:
			return s, len(s) >= len(begin) && s[:len(begin)] == begin
		default:
			return "nothing", false
		}
	})
}

const promoting = `apiVersion: terrace.dev/v1
kind: Rule
metadata: {name: next}
spec:
  on: {exact: {type: dev.terrace.run.succeeded, stage: dev}}
  when: data.operation == "deploy" && !data.dryRun
  do: {promote: {workload: "${data.workload}", stage: test, release: "${data.release}"}}
`

// TestARulePromotes deploys to dev, and what was verified there goes to test for
// the rule's author.
func TestARulePromotes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d := harness.Start(t)
	p := d.Project(ctx, t, "shop")
	file := filepath.Join(d.Dir, "rule.yaml")
	if err := os.WriteFile(file, []byte(promoting), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Must(ctx, "rule", "apply", file)
	w := workload{Name: "clock"}
	p.Succeed(ctx, "deploy", w.file(t, filepath.Join(d.Dir, "clock")), "--stage", "dev")
	var fired []struct{ Outcome, Result string }
	harness.Eventually(t, "the rule has acted", func() (string, bool) {
		r := p.Must(ctx, "rule", "history", "next", "-o", "json")
		_ = json.Unmarshal([]byte(r.Stdout), &fired)
		return r.String(), len(fired) == 1 && fired[0].Outcome == "done"
	})
	harness.Eventually(t, "its run succeeds", func() (string, bool) {
		r := p.Must(ctx, "run", "show", fired[0].Result, "-o", "json")
		return r.String(), strings.Contains(r.Stdout, `"succeeded"`) && strings.Contains(r.Stdout, `"rule next (admin)"`)
	})
	p.Succeed(ctx, "destroy", "clock", "--stage", "test", "--yes")
	p.Succeed(ctx, "destroy", "clock", "--stage", "dev", "--yes")
	events := allTold(ctx, t, d)
	fitSchemas(ctx, t, d, events)
	want := []string{"run.queued release.verified", "run.queued run.succeeded release.verified"}
	if ways := waysTo(events, "release.verified"); !slices.Equal(ways, want) {
		t.Errorf("what led to a verified release: %q, want %q", ways, want)
	}
}
