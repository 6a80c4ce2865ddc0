package azuredevops_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/azuredevops"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcsapi"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

const token = "pat0123456789"

// fake is the part of Azure DevOps's REST API that is used, in its documented shapes.
type fake struct {
	*vcstest.Remote
	url string

	mu       sync.Mutex
	statuses map[string]string // commit or pull request, genre/name -> state
	threads  map[string]string // thread/comment -> content
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{Remote: vcstest.NewRemote(t, "acme/shop/_git/orders", token), statuses: map[string]string{}, threads: map[string]string{}}
	mux := http.NewServeMux()
	base := "/acme/shop/_apis/git/repositories/orders"
	mux.HandleFunc("GET "+base, f.signed(func(w http.ResponseWriter, _ *http.Request) {
		remote := strings.Replace(f.url, "http://", "http://acme@", 1) + "/acme/shop/_git/orders"
		reply(w, map[string]any{"id": "278d5cd2-584d-4b63-824a-2ba458937249", "name": "orders", "defaultBranch": "refs/heads/main", "remoteUrl": remote, "project": map[string]any{"name": "shop"}})
	}))
	mux.HandleFunc("POST "+base+"/commits/{sha}/statuses", f.signed(func(w http.ResponseWriter, r *http.Request) { f.status(w, r, r.PathValue("sha")) }))
	mux.HandleFunc("POST "+base+"/pullRequests/{number}/statuses", f.signed(func(w http.ResponseWriter, r *http.Request) { f.status(w, r, "pr "+r.PathValue("number")) }))
	mux.HandleFunc("GET "+base+"/pullRequests/{number}/threads", f.signed(f.list))
	mux.HandleFunc("POST "+base+"/pullRequests/{number}/threads", f.signed(f.create))
	mux.HandleFunc("PATCH "+base+"/pullRequests/{number}/threads/{thread}/comments/{comment}", f.signed(f.edit))
	mux.Handle("/acme/shop/_git/orders/", f.Remote)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	f.url = s.URL
	return f
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8; api-version=7.1")
	_ = json.NewEncoder(w).Encode(v)
}

func (f *fake) signed(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != token { // as Azure DevOps does: the page of a sign-in
			http.Redirect(w, r, "https://spsprodcus1.vssps.visualstudio.com/_signin", http.StatusFound)
			return
		}
		if r.URL.Query().Get("api-version") != "7.1" {
			http.Error(w, "no api-version", http.StatusBadRequest)
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		next(w, r)
	}
}

func (f *fake) status(w http.ResponseWriter, r *http.Request, of string) {
	var in struct {
		State   string
		Context struct{ Name, Genre string }
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || !strings.Contains("pending succeeded failed error", in.State) {
		http.Error(w, "bad status", http.StatusBadRequest)
		return
	}
	f.statuses[of+" "+in.Context.Genre+"/"+in.Context.Name] = in.State
	reply(w, map[string]any{"id": 1, "state": in.State})
}

func (f *fake) list(w http.ResponseWriter, _ *http.Request) {
	value := []map[string]any{}
	for id, content := range f.threads {
		var thread, comment int
		_, _ = fmt.Sscanf(id, "%d/%d", &thread, &comment)
		value = append(value, map[string]any{"id": thread, "comments": []map[string]any{{"id": comment, "content": content, "commentType": "text"}}})
	}
	reply(w, map[string]any{"value": value, "count": len(value)})
}

func (f *fake) create(w http.ResponseWriter, r *http.Request) {
	var in struct{ Comments []struct{ Content string } }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in.Comments) != 1 {
		http.Error(w, "bad thread", http.StatusBadRequest)
		return
	}
	id := 148 + len(f.threads)
	f.threads[fmt.Sprintf("%d/1", id)] = in.Comments[0].Content
	reply(w, map[string]any{"id": id, "status": "closed", "comments": []map[string]any{{"id": 1, "content": in.Comments[0].Content, "commentType": "text"}}})
}

func (f *fake) edit(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("thread") + "/" + r.PathValue("comment")
	var in struct{ Content string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	if _, ok := f.threads[id]; !ok {
		http.NotFound(w, r)
		return
	}
	f.threads[id] = in.Content
	reply(w, map[string]any{"id": 1, "content": in.Content})
}

func (f *fake) said(t *testing.T) string {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.threads) > 1 {
		t.Fatalf("there are %d threads", len(f.threads))
	}
	for _, content := range f.threads {
		return content
	}
	return ""
}

func (f *fake) stateOf(of, context string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.statuses[of+" "+context]
}

type connected struct {
	*vcstest.Bench
	*fake
	t     *testing.T
	repo  vcs.Connected
	hooks http.Handler
	sent  int
}

func connect(t *testing.T) *connected {
	t.Helper()
	c := &connected{Bench: vcstest.New(t, map[vcs.Provider]vcs.Host{vcs.AzureDevOps: azuredevops.Host{Guard: vcstest.Here()}}), fake: newFake(t), t: t}
	c.Commit("main", map[string]string{"score.yaml": vcstest.Score("orders", "x:1")})
	admin := vcstest.As(t.Context(), "admin")
	connection := vcs.Connection{Name: "orders", Provider: vcs.AzureDevOps, API: c.url, Owner: "acme/shop", Repository: "orders", Token: "wrong"}
	if _, err := c.Connect(admin, vcstest.Shop(), connection); err == nil || !strings.Contains(err.Error(), "does not let Terrace in") {
		t.Fatalf("a wrong token: %v", err)
	}
	connection.Token = token
	var err error
	if c.repo, err = c.Connect(admin, vcstest.Shop(), connection); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Bind(admin, vcstest.Shop(), "orders", vcs.Binding{Name: "orders", Score: "score.yaml", Plan: []string{"dev"}}); err != nil {
		t.Fatal(err)
	}
	r := httpserver.NewRouter(httpserver.Options{})
	vcsapi.NewHooks(c.Service).Mount(r)
	c.hooks = r
	c.Watch(t)
	return c
}

// notification writes a service hook's body in the provider's shape.
func (c *connected) notification(event string, number int, resource map[string]any) string {
	c.t.Helper()
	repository := map[string]any{"id": "278d5cd2-584d-4b63-824a-2ba458937249", "name": "orders", "project": map[string]any{"name": "shop"}, "defaultBranch": "refs/heads/main"}
	if _, ok := resource["comment"]; ok { // its pull request has the repository
		resource["pullRequest"] = map[string]any{"repository": repository, "pullRequestId": 22, "status": "active"}
	} else {
		resource["repository"] = repository
	}
	raw, err := json.Marshal(map[string]any{
		"subscriptionId": "a0a0a0a0-bbbb-cccc-dddd-e1e1e1e1e1e1", "notificationId": number, "id": "2ab4e3d3-b7a6-425e-92b1-5a9982c1269e", "eventType": event, "publisherId": "tfs",
		"message": map[string]any{"text": "Jamal Hartnett …"}, "resource": resource, "resourceVersion": "1.0", "createdDate": time.Now().UTC().Format(time.RFC3339Nano),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return string(raw)
}

func request(head, base, merge, status, mergeStatus string) map[string]any {
	return map[string]any{
		"pullRequestId": 22, "status": status, "mergeStatus": mergeStatus, "title": "New price", "creationDate": "2026-11-25T16:30:31.6655471Z",
		"createdBy":     map[string]any{"displayName": "Jamal Hartnett", "uniqueName": "fabrikamfiber4@hotmail.com", "id": "54d125f7-69f7-4191-904f-c5b96b6261c8"},
		"sourceRefName": "refs/heads/price", "targetRefName": "refs/heads/main",
		"lastMergeSourceCommit": map[string]any{"commitId": head}, "lastMergeTargetCommit": map[string]any{"commitId": base}, "lastMergeCommit": map[string]any{"commitId": merge},
	}
}

func (c *connected) send(body, password string) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, "/hooks/v1/azuredevops/"+c.repo.Repository.ID, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.SetBasicAuth("terrace", password)
	w := httptest.NewRecorder()
	c.hooks.ServeHTTP(w, r)
	return w
}

func (c *connected) accepted(event string, resource map[string]any) {
	c.t.Helper()
	c.sent++
	if w := c.send(c.notification(event, c.sent, resource), c.repo.Secret); w.Code != http.StatusAccepted {
		c.t.Fatalf("%d %s", w.Code, w.Body)
	}
}

func TestAPullRequestOfAzureDevOps(t *testing.T) {
	t.Parallel()
	c := connect(t)
	base := c.Git("rev-parse", "main")
	head := c.Commit("price", map[string]string{"score.yaml": vcstest.Score("orders", "x:2")})
	var news sync.Once
	c.Runs.Refuse = func(run.DeployRequest) error { // news that come while it is planned have nothing planned again
		news.Do(func() {
			c.accepted("git.pullrequest.merged", request(head, base, base, "active", "succeeded")) // a merge that was only tried
			vcstest.Eventually(t, "the news are heeded", func() bool { return len(c.Facts.Causes("pr.updated")) == 1 })
		})
		return nil
	}
	c.accepted("git.pullrequest.created", request(head, base, "", "active", "queued"))
	plan := c.Runs.Waiting(t, "dev")
	if !plan.DryRun || plan.RequestedBy.Name != "fabrikamfiber4@hotmail.com (azuredevops)" {
		t.Errorf("planned %+v", plan)
	}
	c.Runs.End(t, plan.ID, run.PlannedOnly)
	vcstest.Eventually(t, "the commit's status", func() bool { return c.stateOf(head, "terrace/plan/orders/dev") == "succeeded" })
	vcstest.Eventually(t, "the pull request's status", func() bool { return c.stateOf("pr 22", "terrace/all") == "succeeded" })
	vcstest.Eventually(t, "the comment", func() bool { return strings.Contains(c.said(t), "plan of `"+head[:12]+"`") })

	c.Git("checkout", "-q", "main")
	c.Git("merge", "-q", "--squash", "price")
	c.Git("commit", "-q", "-m", "Merged PR 22")
	c.Git("push", "-q", "origin", "main")
	merge := c.Git("rev-parse", "HEAD")
	c.accepted("git.pullrequest.updated", request(head, base, merge, "completed", "succeeded"))
	apply := c.Runs.Waiting(t, "dev")
	if apply.DryRun {
		t.Errorf("planned again: %+v", apply)
	}
	c.Runs.End(t, apply.ID, run.Failed)
	vcstest.Eventually(t, "the merge commit's status", func() bool { return c.stateOf(merge, "terrace/apply/orders/dev") == "failed" })
	vcstest.Eventually(t, "the comment", func() bool {
		return strings.Contains(c.said(t), "merged, although the apply of `"+merge[:12]+"` failed")
	})
}

// comment is the resource of a comment's event.
func comment(text string, further map[string]any) map[string]any {
	said := map[string]any{
		"id": 2, "parentCommentId": 0, "content": text, "commentType": "text", "publishedDate": "2026-11-25T17:00:00.123Z", "lastUpdatedDate": "2026-11-25T17:00:00.123Z",
		"lastContentUpdatedDate": "2026-11-25T17:00:00.123Z", "author": map[string]any{"displayName": "Ada Lovelace", "uniqueName": "ada@example.com"},
	}
	maps.Copy(said, further)
	return map[string]any{"comment": said}
}

func TestCommandsInComments(t *testing.T) {
	t.Parallel()
	c := connect(t)
	base := c.Git("rev-parse", "main")
	head := c.Commit("price", map[string]string{"score.yaml": vcstest.Score("orders", "x:2")})
	c.accepted("git.pullrequest.created", request(head, base, "", "active", "queued"))
	c.Runs.End(t, c.Runs.Waiting(t, "dev").ID, run.PlannedOnly)
	vcstest.Eventually(t, "it is planned", func() bool { return c.stateOf(head, "terrace/all") == "succeeded" })
	const event = "ms.vss-code.git-pullrequest-comment-event"
	for _, ignored := range []map[string]any{
		comment("what does terrace plan do?", nil), comment("terrace pr plan", map[string]any{"isDeleted": true}),
		comment("terrace pr plan", map[string]any{"lastContentUpdatedDate": "2026-11-25T18:00:00Z"}),
	} {
		c.accepted(event, ignored)
	}
	c.accepted(event, comment("terrace pr apply", nil))
	vcstest.Eventually(t, "it is said who applies", func() bool {
		return strings.Contains(c.said(t), "> ada@\u200bexample.com asked for apply, which is not done: readers comment as well") && strings.Contains(c.said(t), "terrace pr apply 22 --repo orders -p shop")
	})
	c.accepted(event, comment("Terrace PR plan\n", nil))
	plan := c.Runs.Waiting(t, "dev")
	if all := c.Runs.All(); len(all) != 2 || !plan.DryRun {
		t.Errorf("runs %+v", all)
	}
	c.Runs.End(t, plan.ID, run.PlannedOnly)
	vcstest.Eventually(t, "what was followed is not answered", func() bool { return !strings.Contains(c.said(t), "which is not done") })
	c.accepted(event, comment("terrace pr apply", nil))
	vcstest.Eventually(t, "it is said again who applies", func() bool { return strings.Contains(c.said(t), "which is not done") })
	merge := c.Git("rev-parse", "HEAD")
	c.accepted("git.pullrequest.updated", request(head, base, merge, "completed", "succeeded"))
	vcstest.Eventually(t, "a merge is what became of it", func() bool { return !strings.Contains(c.said(t), "which is not done") })
}

func TestNotificationsThatAreNotTaken(t *testing.T) {
	t.Parallel()
	c := connect(t)
	head := c.Git("rev-parse", "main")
	body := c.notification("git.pullrequest.created", 1, request(head, head, "", "active", "queued"))
	if w := c.send(body, "wrong"); w.Code != http.StatusUnauthorized {
		t.Errorf("a wrong password: %d", w.Code)
	}
	if w := c.send(body, c.repo.Secret); !strings.Contains(w.Body.String(), `"accepted":true`) {
		t.Errorf("the first: %d %s", w.Code, w.Body)
	}
	if w := c.send(body, c.repo.Secret); w.Code != http.StatusAccepted || !strings.Contains(w.Body.String(), `"accepted":false`) {
		t.Errorf("the same again: %d %s", w.Code, w.Body)
	}
	for _, odd := range []string{"", "[]", `{"eventType":"git.push"}`, `{"subscriptionId":"x","eventType":"git.push","resource":[]}`} {
		if w := c.send(odd, c.repo.Secret); w.Code != http.StatusUnprocessableEntity && w.Code != http.StatusBadRequest {
			t.Errorf("%q: %d %s", odd, w.Code, w.Body)
		}
	}
}
