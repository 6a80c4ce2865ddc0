package app

import (
	"context"
	"log/slog"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
)

// served is a repository behind git's own server, and what commits a file to it.
func served(t *testing.T) (address string, commit func(name, content string), stop func()) {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not on PATH")
	}
	root := t.TempDir()
	work := filepath.Join(root, "rules")
	run := func(args ...string) {
		cmd := exec.CommandContext(t.Context(), git, args...)
		cmd.Dir = work
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	if err := os.MkdirAll(filepath.Join(work, "policy"), 0o700); err != nil {
		t.Fatal(err)
	}
	run("init", "-q", "-b", "main")
	server := httptest.NewServer(&cgi.Handler{Path: git, Args: []string{"http-backend"}, Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1"}})
	t.Cleanup(server.Close)
	return server.URL + "/rules/.git", func(name, content string) {
		if err := os.WriteFile(filepath.Join(work, "policy", name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		run("add", ".")
		run("commit", "-q", "-m", name)
	}, server.Close
}

func TestPoliciesOfARepositoryFollowItsBranch(t *testing.T) {
	t.Parallel()
	address, commit, stop := served(t)
	commit("a.rego", "package main\n\ndeny contains \"one\" if true\n")
	git, err := gitexec.Find()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := &platform{config: config.Config{DataDir: t.TempDir(), PolicyRepositories: []string{address + "#main:policy"}}, log: slog.New(slog.DiscardHandler)}
	r := policyRepositoryOf(p, git, p.config.PolicyRepositories[0])
	r.clock = func() time.Time { return now }
	g := gate(t, p.config)
	if res, err := g.Evaluate(t.Context(), changing(true)); err != nil || !res.Blocks() || res.Findings[0].Message != "one" {
		t.Fatalf("%+v %v", res, err)
	}
	look := func() string {
		tree, err := r.look(t.Context())
		if err != nil {
			return err.Error()
		}
		f, err := tree.Open("b.rego")
		if err != nil {
			return "no b"
		}
		_ = f.Close()
		return "b"
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := r.look(ended); err == nil {
		t.Error("it was asked in vain, and says nothing")
	}
	if got := look(); got != "no b" {
		t.Errorf("first: %s", got)
	}
	commit("b.rego", "package other\n")
	if got := look(); got != "no b" {
		t.Errorf("within the minute: %s", got)
	}
	now = now.Add(2 * policyAsk)
	if got := look(); got != "b" {
		t.Errorf("after it: %s", got)
	}
	stop()
	now = now.Add(2 * policyAsk)
	if got := look(); !strings.Contains(got, "cannot be looked up") {
		t.Errorf("without the server: %s", got)
	}
}
