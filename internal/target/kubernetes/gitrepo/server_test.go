package gitrepo_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/gitrepo"
)

const token = "tok_0123456789"

// serve offers an empty repository by git's own server, to those with the token.
func serve(t *testing.T) (address string) {
	t.Helper()
	path, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not on PATH")
	}
	root := t.TempDir()
	for _, args := range [][]string{
		{"init", "-q", "--bare", "-b", "main", filepath.Join(root, "a.git")},
		{"--git-dir", filepath.Join(root, "a.git"), "config", "http.receivepack", "true"},
	} {
		if out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v %s", args, err, out)
		}
	}
	backend := &cgi.Handler{Path: path, Args: []string{"http-backend"}, Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=terrace"}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != token {
			w.Header().Set("WWW-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/a.git"
}

func remote(t *testing.T, address, secret string) *gitrepo.Repo {
	t.Helper()
	r, err := gitrepo.New(gitrepo.Config{URL: address, Dir: t.TempDir(), Token: func() (string, error) { return secret, nil }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func put(t *testing.T, r *gitrepo.Repo, name, content string) (string, error) {
	t.Helper()
	return r.Change(t.Context(), gitrepo.Author{Name: "a", Email: "a@example.com"}, time.Unix(0, 0), func(gitrepo.Tree) (gitrepo.Edit, error) {
		return gitrepo.Edit{Files: map[string][]byte{name: []byte(content)}, Message: name}, nil
	})
}

func TestAServerIsChangedByPushes(t *testing.T) {
	t.Parallel()
	address := serve(t)
	first, second := remote(t, address, token), remote(t, address, token)
	if files, commit, err := first.Read(t.Context(), ""); err != nil || commit != "" || len(files) != 0 {
		t.Fatalf("an empty repository has %v of %q, error %v", files, commit, err)
	}
	if _, err := put(t, first, "a/b/c.txt", "one"); err != nil {
		t.Fatal(err)
	}
	if _, err := put(t, second, "a/d.txt", "two"); err != nil { // its copy is older
		t.Fatal(err)
	}
	files, commit, err := first.Read(t.Context(), "a")
	if err != nil || string(files["a/b/c.txt"]) != "one" || string(files["a/d.txt"]) != "two" {
		t.Errorf("files %v, error %v", files, err)
	}
	if again, err := put(t, first, "a/d.txt", "two"); err != nil || again != commit {
		t.Errorf("the same again is commit %s after %s, error %v", again, commit, err)
	}
}

func TestPushesAtOnceAreAllThere(t *testing.T) {
	t.Parallel()
	address := serve(t)
	var all sync.WaitGroup
	var wrong atomic.Int32
	for n := range 6 {
		r := remote(t, address, token)
		all.Go(func() {
			for {
				_, err := put(t, r, fmt.Sprintf("w/%d.txt", n), "x")
				if !kernel.Is(err, kernel.Locked) {
					if err != nil {
						t.Error(err)
						wrong.Add(1)
					}
					return
				}
			}
		})
	}
	all.Wait()
	files, _, err := remote(t, address, token).Read(t.Context(), "w")
	if err != nil || len(files)+int(wrong.Load()) != 6 {
		t.Errorf("there are %d files, error %v", len(files), err)
	}
}

func TestAWrongTokenIsToldAndNotRepeated(t *testing.T) {
	t.Parallel()
	_, err := put(t, remote(t, serve(t), "wrong_token_value"), "a", "b")
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok || e.Kind != kernel.Unavailable || !strings.Contains(e.Message, "does not let Terrace in") {
		t.Errorf("error %v", err)
	}
	if strings.Contains(fmt.Sprintf("%+v", err), "wrong_token_value") {
		t.Errorf("the error repeats the token: %v", err)
	}
}
