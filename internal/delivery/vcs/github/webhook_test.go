package github_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/github"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcsapi"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// connected is a repository on the fake, bound, with its webhooks' address.
type connected struct {
	*vcstest.Bench
	*fake
	t     *testing.T
	repo  vcs.Connected
	hooks http.Handler
	clock time.Time
	sent  int
}

func connect(t *testing.T, apply string, listeners ...vcs.Listener) *connected {
	t.Helper()
	c := &connected{Bench: vcstest.New(t, map[vcs.Provider]vcs.Host{vcs.GitHub: github.Host{Guard: vcstest.Here()}}), fake: newFake(t), t: t, clock: time.Now().Add(-time.Hour)}
	c.Listeners = listeners
	c.Commit("main", map[string]string{"score.yaml": vcstest.Score("orders", "x:1"), "README.md": "x"})
	admin := vcstest.As(t.Context(), "admin")
	connection := vcs.Connection{Name: "orders", Provider: vcs.GitHub, API: c.url + "/api/v3", Owner: "acme", Repository: "orders", Token: "wrong"}
	if _, err := c.Connect(admin, vcstest.Shop(), connection); err == nil || strings.Contains(err.Error(), "wrong") {
		t.Fatalf("a wrong token: %v", err)
	}
	connection.Token = token
	var err error
	if c.repo, err = c.Connect(admin, vcstest.Shop(), connection); err != nil {
		t.Fatal(err)
	}
	binding := vcs.Binding{Name: "orders", Score: "score.yaml", Paths: []string{"score.yaml", "src/**"}, Plan: []string{"dev"}, Apply: apply}
	if _, err := c.Bind(admin, vcstest.Shop(), "orders", binding); err != nil {
		t.Fatal(err)
	}
	r := httpserver.NewRouter(httpserver.Options{})
	vcsapi.NewHooks(c.Service).Mount(r)
	c.hooks = r
	c.Watch(t)
	return c
}

// hook is one webhook as GitHub sends it.
type hook struct {
	event, id, body string
	secret          string
	signature       string
}

// send sends a webhook and returns the answer.
func (c *connected) send(h hook) *httptest.ResponseRecorder {
	c.t.Helper()
	if h.secret == "" {
		h.secret = c.repo.Secret
	}
	if h.id == "" {
		c.sent++
		h.id = fmt.Sprintf("72d3162e-cc78-11e3-81ab-%012d", c.sent)
	}
	if h.signature == "" {
		mac := hmac.New(sha256.New, []byte(h.secret))
		mac.Write([]byte(h.body))
		h.signature = fmt.Sprintf("sha256=%x", mac.Sum(nil))
	}
	r := httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, "/hooks/v1/github/"+c.repo.Repository.ID, strings.NewReader(h.body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "GitHub-Hookshot/044aadd")
	r.Header.Set("X-GitHub-Event", h.event)
	r.Header.Set("X-GitHub-Delivery", h.id)
	r.Header.Set("X-GitHub-Hook-ID", "292430182")
	r.Header.Set("X-Hub-Signature-256", h.signature)
	w := httptest.NewRecorder()
	c.hooks.ServeHTTP(w, r)
	return w
}

// pull is the part of a pull_request event that differs from one to another.
type pull struct {
	action, head, base, merge string
	number                    int
	fork                      bool
}

// event writes a pull_request event in GitHub's shape, a second after the last.
func (c *connected) event(p pull) string {
	c.t.Helper()
	c.clock = c.clock.Add(time.Second)
	if p.number == 0 {
		p.number = 7
	}
	from := map[string]any{"id": 1, "full_name": "acme/orders", "fork": false}
	if p.fork {
		from = map[string]any{"id": 2, "full_name": "mallory/orders", "fork": true}
	}
	state, merged := "open", p.merge != ""
	if p.action == "closed" {
		state = "closed"
	}
	raw, err := json.Marshal(map[string]any{
		"action": p.action, "number": p.number,
		"pull_request": map[string]any{
			"id": 279147437, "number": p.number, "state": state, "locked": false, "title": "New price", "draft": false,
			"user": map[string]any{"login": "octocat", "id": 1, "type": "User"}, "created_at": c.clock.Format(time.RFC3339), "updated_at": c.clock.UTC().Format(time.RFC3339),
			"merge_commit_sha": p.merge, "merged": merged, "author_association": "MEMBER",
			"head": map[string]any{"label": "acme:price", "ref": "price", "sha": p.head, "repo": from},
			"base": map[string]any{"label": "acme:main", "ref": "main", "sha": p.base, "repo": map[string]any{"id": 1, "full_name": "acme/orders", "fork": false}},
		},
		"repository": map[string]any{"id": 1, "full_name": "acme/orders", "default_branch": "main"},
		"sender":     map[string]any{"login": "octocat", "id": 1},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return string(raw)
}

func (c *connected) accepted(h hook) {
	c.t.Helper()
	if w := c.send(h); w.Code != http.StatusAccepted {
		c.t.Fatalf("%d %s", w.Code, w.Body)
	}
}

func TestWebhooksThatAreNotTaken(t *testing.T) {
	t.Parallel()
	c := connect(t, "")
	head := c.Git("rev-parse", "main")
	body := c.event(pull{action: "opened", head: head, base: head})
	if w := c.send(hook{event: "pull_request", body: body, secret: "another"}); w.Code != http.StatusUnauthorized {
		t.Errorf("a wrong secret: %d %s", w.Code, w.Body)
	}
	if w := c.send(hook{event: "pull_request", body: body, signature: "sha1=" + strings.Repeat("0", 40)}); w.Code != http.StatusUnauthorized {
		t.Errorf("a weak signature: %d %s", w.Code, w.Body)
	}
	c.accepted(hook{event: "pull_request", id: "11111111-aaaa", body: body})
	for name, h := range map[string]hook{
		"the same again": {event: "pull_request", id: "11111111-aaaa", body: body},
		// The header is not signed: whoever has seen a webhook can change it.
		"under another id":               {event: "pull_request", id: "22222222-bbbb", body: body},
		"another body under the same id": {event: "pull_request", id: "11111111-aaaa", body: c.event(pull{action: "closed", head: head, base: head})},
	} {
		if w := c.send(h); w.Code != http.StatusAccepted || !strings.Contains(w.Body.String(), `"accepted":false`) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if w := c.send(hook{event: "push", id: "33333333-cccc", body: body}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("under another name of the event: %d %s", w.Code, w.Body)
	}
	c.clock = time.Now().Add(time.Hour)
	if w := c.send(hook{event: "pull_request", body: c.event(pull{action: "opened", head: head, base: head})}); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "set the clock") {
		t.Errorf("one of tomorrow: %d %s", w.Code, w.Body)
	}
	c.clock = time.Now().Add(-8 * 24 * time.Hour)
	if w := c.send(hook{event: "pull_request", body: c.event(pull{action: "opened", head: head, base: head})}); w.Code != httpserver.Status(kernel.Errorf(kernel.Stale, "")) {
		t.Errorf("an old one: %d %s", w.Code, w.Body)
	}
	page, err := c.Deliveries(vcstest.As(t.Context(), "viewer"), vcstest.Shop(), "orders", kernel.PageRequest{})
	if err != nil || len(page.Items) != 1 {
		t.Errorf("%+v, %v", page, err)
	}
	c.repo.Repository.ID = "repo_none"
	if w := c.send(hook{event: "pull_request", body: body}); w.Code != http.StatusNotFound {
		t.Errorf("no repository: %d", w.Code)
	}
}

// TestAWebhookSaysWhenItHappened: one without a date could be sent again once it is
// forgotten.
func TestAWebhookSaysWhenItHappened(t *testing.T) {
	t.Parallel()
	c := connect(t, vcs.ApplyBeforeMerge)
	body := `{"ref":"refs/heads/main","before":"` + strings.Repeat("1", 40) + `","after":"` + strings.Repeat("2", 40) + `","repository":{"full_name":"acme/orders"},"sender":{"login":"octocat"}}`
	if w := c.send(hook{event: "push", body: body}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
