package e2e_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/test/harness"
)

// sourceStatus is what is read of terrace source status.
type sourceStatus struct {
	Source struct {
		Status struct{ Phase, Commit, Message string }
	}
	Objects []struct {
		Name, State, Message string
		Problems             []struct {
			File, Message string
			Line          int
		}
		Images []struct{ State, Output, Artifact string }
	}
}

// settled waits until the source has brought about the commit, or could not.
func settled(t *testing.T, p harness.Person, commit string) sourceStatus {
	t.Helper()
	var s sourceStatus
	for end := time.Now().Add(4 * time.Minute); time.Now().Before(end); <-time.After(200 * time.Millisecond) {
		s = sourceStatus{}
		if err := json.Unmarshal([]byte(p.Must(t.Context(), "source", "status", "platform", "-o", "json").Stdout), &s); err != nil {
			t.Fatal(err)
		}
		if s.Source.Status.Commit == commit && s.Source.Status.Phase != "running" {
			return s
		}
	}
	t.Fatalf("%s is not brought about: %+v", commit, s)
	return s
}

// TestARepositoryIsTheSourceOfAService has a folder of a repository deployed on the
// default installation, by git push alone: the first time, changed, and broken.
func TestARepositoryIsTheSourceOfAService(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on PATH")
	}
	d := harness.Start(t)
	admin := d.Project(t.Context(), t, "shop")
	g := &gitUser{Person: admin, t: t, ctx: t.Context(), dir: filepath.Join(d.Dir, "platform")}
	clone := regexp.MustCompile(`http://\S+\.git`).FindString(g.Must(g.ctx, "repo", "create", "platform").Stdout)
	if err := os.MkdirAll(g.dir, 0o750); err != nil {
		t.Fatal(err)
	}
	g.git("init", "-q", "-b", "main")
	g.git("remote", "add", "origin", strings.Replace(clone, "http://", "http://admin:"+d.SignIn().Token+"@", 1))
	service := filepath.Join(g.dir, "projects", "shop", "workloads", "orders")
	g.Must(g.ctx, "create", "go-service", "orders", "--into", service, "--set", "costcenter=4711", "--set", "owner=shop")
	push := func(message string) string {
		g.git("add", "-A")
		g.git("commit", "-q", "-m", message)
		g.git("push", "-q", "origin", "main")
		return g.git("rev-parse", "HEAD")
	}
	first := push("A new service")
	g.Must(g.ctx, "source", "add", "platform", "--tenant", "--repo", "platform", "--prune", "--build")
	s := settled(t, admin, first)
	if s.Source.Status.Phase != "ready" || len(s.Objects) != 1 || len(s.Objects[0].Images) != 1 {
		t.Fatalf("the first time: %+v", s)
	}
	artifact := s.Objects[0].Images[0].Artifact
	address, err := url.Parse(g.Address(g.ctx, "orders", "dev"))
	if err != nil {
		t.Fatal(err)
	}
	visit := func(version string) {
		t.Helper()
		if a, err := d.Visit(g.ctx, address.Host, "/"); err != nil || a.Status != http.StatusOK || a.Service != "orders" || a.Version != version {
			t.Errorf("it answers %d %s, %v", a.Status, a.Body, err)
		}
	}
	visit("0.1.0")

	if err := os.WriteFile(filepath.Join(service, "VERSION"), []byte("9.9.9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = settled(t, admin, push("The next version"))
	if s.Source.Status.Phase != "ready" || s.Objects[0].Images[0].Artifact == artifact {
		t.Errorf("changed: %+v", s)
	}
	visit("9.9.9")

	if err := os.WriteFile(filepath.Join(service, "broken.go"), []byte("package main\n\nvar _ = nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = settled(t, admin, push("Broken"))
	if o := s.Objects[0]; s.Source.Status.Phase != "failed" || o.State != "failed" || len(o.Problems) != 2 || o.Problems[1].File != "projects/shop/workloads/orders/broken.go" || o.Problems[1].Line != 3 ||
		!strings.Contains(o.Images[0].Output, "undefined: nothing") {
		t.Errorf("broken: %+v", s)
	}
	if told := g.Must(g.ctx, "source", "show", "platform").Stdout; !strings.Contains(told, "broken.go:3:9: undefined: nothing") {
		t.Errorf("told is\n%s", told)
	}
	visit("9.9.9") // what was deployed before
	events := allTold(g.ctx, t, d)
	fitSchemas(g.ctx, t, d, events)
	for last, ways := range map[string][]string{
		"run.succeeded": {"source.added run.succeeded", "vcs.pushed run.succeeded"}, "release.verified": {"source.added release.verified", "vcs.pushed release.verified"},
		"build.failed": {"vcs.pushed build.failed"},
	} {
		if got := waysTo(events, last); !slices.Equal(got, ways) {
			t.Errorf("what led to %s: %q, want %q", last, got, ways)
		}
	}
	for _, last := range []string{"state.written", "local-object.created"} {
		if got := waysTo(events, last); len(got) == 0 || slices.ContainsFunc(got, func(way string) bool { return way == last }) {
			t.Errorf("what led to %s: %q", last, got)
		}
	}
}
