package configapi_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/azuredevops"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/github"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/fabric/config/configsql"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

const hostToken = "token0123456789"

// host is a provider with one repository: git, and the part of its API that takes
// statuses and comments, in its documented shapes.
type host struct {
	*vcstest.Remote
	url string

	mu       sync.Mutex
	states   map[string]string
	comments []string
}

// gitHost serves the repository at path, and what routes adds.
func gitHost(t *testing.T, path string, routes func(h *host, on func(pattern string, answer func(r *http.Request, body map[string]any) any))) *host {
	t.Helper()
	h := &host{Remote: vcstest.NewRemote(t, path, hostToken), states: map[string]string{}}
	mux := http.NewServeMux()
	routes(h, func(pattern string, answer func(r *http.Request, body map[string]any) any) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if _, password, _ := r.BasicAuth(); password != hostToken && r.Header.Get("Authorization") != "Bearer "+hostToken {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			body := map[string]any{}
			_ = json.NewDecoder(r.Body).Decode(&body)
			h.mu.Lock()
			defer h.mu.Unlock()
			w.Header().Set("Content-Type", "application/json")
			if r.Method == http.MethodPost {
				w.WriteHeader(http.StatusCreated)
			}
			_ = json.NewEncoder(w).Encode(answer(r, body))
		})
	})
	mux.Handle("/"+path+"/", h.Remote)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	h.url = s.URL
	return h
}

// saw reports whether a status is so, and the last comment says all of that.
func (h *host) saw(status, state string, says ...string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.states[status] != state || len(h.comments) != 1 {
		return false
	}
	for _, one := range says {
		if !strings.Contains(h.comments[0], one) {
			return false
		}
	}
	return true
}

func (h *host) commented() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.comments, "\n---\n")
}

// kind is a provider of the test: its repository, and what it sends.
type kind struct {
	host       *host
	connection vcs.Connection
	// failed and succeeded are its words, status that of a commit's check.
	failed, succeeded string
	status            func(commit string) string
	// push and pull send what happened to main, and a pull request of the branch change.
	push func(r vcs.Connected, before, after string) *http.Request
	pull func(r vcs.Connected, base, head string) *http.Request
}

func onGitHub(t *testing.T) kind {
	t.Helper()
	h := gitHost(t, "acme/conf.git", func(h *host, on func(string, func(*http.Request, map[string]any) any)) {
		const api = " /api/v3/repos/acme/conf"
		on("GET"+api, func(*http.Request, map[string]any) any {
			return map[string]any{"id": 1, "full_name": "acme/conf", "default_branch": "main", "clone_url": h.url + "/acme/conf.git"}
		})
		on("POST"+api+"/statuses/{sha}", func(r *http.Request, in map[string]any) any {
			h.states[fmt.Sprint(r.PathValue("sha"), " ", in["context"])] = fmt.Sprint(in["state"])
			return in
		})
		said := func(*http.Request, map[string]any) any {
			all := []any{}
			for i, body := range h.comments {
				all = append(all, map[string]any{"id": i + 1, "body": body})
			}
			return all
		}
		on("GET"+api+"/issues/{number}/comments", said)
		on("POST"+api+"/issues/{number}/comments", func(_ *http.Request, in map[string]any) any {
			h.comments = append(h.comments, fmt.Sprint(in["body"]))
			return map[string]any{"id": len(h.comments), "body": in["body"]}
		})
		on("PATCH"+api+"/issues/comments/{id}", func(_ *http.Request, in map[string]any) any {
			h.comments[len(h.comments)-1] = fmt.Sprint(in["body"])
			return map[string]any{"id": len(h.comments), "body": in["body"]}
		})
	})
	sent := 0
	send := func(r vcs.Connected, event string, body map[string]any) *http.Request {
		sent++
		raw, _ := json.Marshal(body)
		mac := hmac.New(sha256.New, []byte(r.Secret))
		mac.Write(raw)
		req := httptest.NewRequest(http.MethodPost, "/hooks/v1/github/"+r.Repository.ID, strings.NewReader(string(raw)))
		req.Header.Set("X-GitHub-Event", event)
		req.Header.Set("X-GitHub-Delivery", fmt.Sprintf("72d3162e-cc78-11e3-81ab-%012d", sent))
		req.Header.Set("X-Hub-Signature-256", fmt.Sprintf("sha256=%x", mac.Sum(nil)))
		return req
	}
	repository, sender := map[string]any{"id": 1, "full_name": "acme/conf"}, map[string]any{"login": "octocat"}
	return kind{
		host: h, connection: vcs.Connection{Name: "conf", Provider: vcs.GitHub, API: h.url + "/api/v3", Owner: "acme", Repository: "conf", Token: hostToken},
		failed: "failure", succeeded: "success", status: func(commit string) string { return commit + " terrace/config/shop" },
		push: func(r vcs.Connected, before, after string) *http.Request {
			return send(r, "push", map[string]any{
				"ref": "refs/heads/main", "before": before, "after": after, "sender": sender,
				"repository": map[string]any{"id": 1, "full_name": "acme/conf", "pushed_at": time.Now().Unix()},
			})
		},
		pull: func(r vcs.Connected, base, head string) *http.Request {
			action := "opened"
			if sent > 1 {
				action = "synchronize"
			}
			return send(r, "pull_request", map[string]any{
				"action": action, "number": 7, "sender": sender, "repository": repository,
				"pull_request": map[string]any{
					"number": 7, "state": "open", "title": "Slower", "user": sender, "updated_at": time.Now().UTC().Format(time.RFC3339),
					"head": map[string]any{"ref": "change", "sha": head, "repo": repository}, "base": map[string]any{"ref": "main", "sha": base, "repo": repository},
				},
			})
		},
	}
}

func onAzureDevOps(t *testing.T) kind {
	t.Helper()
	h := gitHost(t, "acme/shop/_git/conf", func(h *host, on func(string, func(*http.Request, map[string]any) any)) {
		const api = " /acme/shop/_apis/git/repositories/conf"
		on("GET"+api, func(*http.Request, map[string]any) any {
			return map[string]any{"id": "278d5cd2", "name": "conf", "defaultBranch": "refs/heads/main", "remoteUrl": h.url + "/acme/shop/_git/conf", "project": map[string]any{"name": "shop"}}
		})
		status := func(r *http.Request, in map[string]any) any {
			c, _ := in["context"].(map[string]any)
			h.states[fmt.Sprint(r.PathValue("of"), " ", c["genre"], "/", c["name"])] = fmt.Sprint(in["state"])
			return in
		}
		on("POST"+api+"/commits/{of}/statuses", status)
		on("POST"+api+"/pullRequests/{of}/statuses", status)
		on("GET"+api+"/pullRequests/{number}/threads", func(*http.Request, map[string]any) any {
			all := []any{}
			for i, body := range h.comments {
				all = append(all, map[string]any{"id": i + 1, "comments": []any{map[string]any{"id": 1, "content": body}}})
			}
			return map[string]any{"value": all, "count": len(all)}
		})
		on("POST"+api+"/pullRequests/{number}/threads", func(_ *http.Request, in map[string]any) any {
			first := in["comments"].([]any)[0].(map[string]any)
			h.comments = append(h.comments, fmt.Sprint(first["content"]))
			return map[string]any{"id": len(h.comments), "comments": []any{map[string]any{"id": 1, "content": first["content"]}}}
		})
		on("PATCH"+api+"/pullRequests/{number}/threads/{thread}/comments/{comment}", func(_ *http.Request, in map[string]any) any {
			h.comments[len(h.comments)-1] = fmt.Sprint(in["content"])
			return in
		})
	})
	sent := 0
	send := func(r vcs.Connected, event string, resource map[string]any) *http.Request {
		sent++
		resource["repository"] = map[string]any{"id": "278d5cd2", "name": "conf", "project": map[string]any{"name": "shop"}}
		raw, _ := json.Marshal(map[string]any{
			"subscriptionId": "a0a0a0a0", "notificationId": sent, "eventType": event, "resource": resource, "createdDate": time.Now().UTC().Format(time.RFC3339Nano),
		})
		req := httptest.NewRequest(http.MethodPost, "/hooks/v1/azuredevops/"+r.Repository.ID, strings.NewReader(string(raw)))
		req.SetBasicAuth("terrace", r.Secret)
		return req
	}
	ada := map[string]any{"displayName": "Ada", "uniqueName": "ada@example.com"}
	return kind{
		host: h, connection: vcs.Connection{Name: "conf", Provider: vcs.AzureDevOps, API: h.url, Owner: "acme/shop", Repository: "conf", Token: hostToken},
		failed: "failed", succeeded: "succeeded", status: func(commit string) string { return commit + " terrace/config/shop" },
		push: func(r vcs.Connected, before, after string) *http.Request {
			return send(r, "git.push", map[string]any{
				"pushedBy": ada, "refUpdates": []any{map[string]any{"name": "refs/heads/main", "oldObjectId": before, "newObjectId": after}},
			})
		},
		pull: func(r vcs.Connected, base, head string) *http.Request {
			event := "git.pullrequest.created"
			if sent > 1 {
				event = "git.pullrequest.updated"
			}
			return send(r, event, map[string]any{
				"pullRequestId": 7, "status": "active", "mergeStatus": "succeeded", "title": "Slower", "createdBy": ada, "sourceRefName": "refs/heads/change",
				"targetRefName": "refs/heads/main", "lastMergeSourceCommit": map[string]any{"commitId": head}, "lastMergeTargetCommit": map[string]any{"commitId": base},
			})
		},
	}
}

// TestAConnectedRepositoryIsTheSource: a push that its provider tells of reaches who
// watches, and a pull request there is told what it does, or where it is wrong.
func TestAConnectedRepositoryIsTheSource(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(t *testing.T) kind{"github": onGitHub, "azuredevops": onAzureDevOps} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := of(t)
			d := dbtest.SQLite(t, vcssql.Migrations(), configsql.Migrations())
			b := benchOn(t, d, map[vcs.Provider]vcs.Host{vcs.GitHub: github.Host{Guard: vcstest.Here()}, vcs.AzureDevOps: azuredevops.Host{Guard: vcstest.Here()}})
			first := k.host.Commit("main", map[string]string{"config/shop/schema.yaml": schema})
			repo, err := b.Connect(vcstest.As(t.Context(), "admin"), vcstest.Shop(), k.connection)
			if err != nil {
				t.Fatal(err)
			}
			b.start()
			b.must("admin", http.MethodPut, "/source", map[string]string{"repository": "conf"}, nil)
			b.stands(config.Ready)
			token, _ := b.token("orders", "prod")
			watching := b.watch(token, "")
			if d, ok := watching.next(); !ok || d.Values["checkout.timeout"] != float64(5) {
				t.Fatalf("at first it is %+v", d)
			}
			second := k.host.Commit("main", map[string]string{"config/shop/default.yaml": "values:\n  checkout.timeout: 8\n"})
			b.told(k.push(repo, first, second))
			vcstest.Eventually(t, "the push is heard of before anybody asks the provider", func() bool { return b.stands(config.Ready).Status.Commit == second })
			if d, ok := watching.next(); !ok || d.Values["checkout.timeout"] != float64(8) {
				t.Errorf("after the push it is %+v", d)
			}

			bad := k.host.Commit("change", map[string]string{"config/shop/default.yaml": "values:\n  checkout.timeout: soon\n  payment.key: hunter2\n"})
			b.told(k.pull(repo, second, bad))
			vcstest.Eventually(t, "it is told where it is wrong", func() bool {
				return k.host.saw(k.status(bad), k.failed, "config/shop/default.yaml:2:21: ", "config/shop/default.yaml:3:")
			})
			if strings.Contains(k.host.commented(), "hunter2") {
				t.Errorf("a secret is repeated: %s", k.host.commented())
			}
			good := k.host.Commit("change", map[string]string{"config/shop/default.yaml": "values:\n  checkout.timeout: 8\n", "config/shop/stages/prod.yaml": "values: {checkout.timeout: 20}\n"})
			b.told(k.pull(repo, second, good))
			vcstest.Eventually(t, "it is told what it does", func() bool {
				return k.host.saw(k.status(good), k.succeeded, "| `checkout.timeout` | `8` | `20` |")
			})
			if b.stands(config.Ready).Status.Commit != second {
				t.Error("what is only proposed counts")
			}
		})
	}
}

// told sends what a provider does.
func (b *bench) told(r *http.Request) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), r.Method, b.url+r.URL.Path, r.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header = r.Header
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if text := b.text(res); res.StatusCode != http.StatusAccepted {
		b.t.Fatalf("%d %s", res.StatusCode, text)
	}
}
