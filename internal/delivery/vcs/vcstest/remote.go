package vcstest

import (
	"net/http"
	"net/http/cgi" //nolint:gosec // of a test, and of a Go that is newer
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Remote is a repository on another server: git's own, for those with the token.
type Remote struct {
	t testing.TB
	// Root has the repository at PATH.
	Root, Work string
	path       string
	Token      string
}

// NewRemote returns a repository that is served at path, such as acme/orders.git.
func NewRemote(t testing.TB, path, token string) *Remote {
	t.Helper()
	r := &Remote{t: t, Root: t.TempDir(), Work: t.TempDir(), path: path, Token: token}
	bare := filepath.Join(r.Root, path)
	r.Git("init", "-q", "--bare", "-b", "main", bare)
	r.Git("--git-dir", bare, "config", "uploadpack.allowAnySHA1InWant", "true")
	r.Git("init", "-q", "-b", "main")
	r.Git("remote", "add", "origin", bare)
	return r
}

// Git runs git in the working copy.
func (r *Remote) Git(args ...string) string {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "git", args...)
	cmd.Dir = r.Work
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// Commit commits files to a branch, pushes it and returns the commit.
func (r *Remote) Commit(branch string, files map[string]string) string {
	r.t.Helper()
	r.Git("checkout", "-q", "-B", branch)
	for name, content := range files {
		path := filepath.Join(r.Work, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			r.t.Fatal(err)
		}
	}
	r.Git("add", "-A")
	r.Git("commit", "-q", "-m", "change")
	r.Git("push", "-q", "--force", "origin", branch)
	return r.Git("rev-parse", "HEAD")
}

// ServeHTTP serves the repository to those whose password is the token.
func (r *Remote) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if _, password, _ := req.BasicAuth(); password != r.Token {
		w.Header().Set("WWW-Authenticate", "Basic")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	path, err := exec.LookPath("git")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	(&cgi.Handler{Path: path, Args: []string{"http-backend"}, Env: []string{"GIT_PROJECT_ROOT=" + r.Root, "GIT_HTTP_EXPORT_ALL=1"}}).ServeHTTP(w, req)
}
