package github_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
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
