package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/test/harness"
)

// gitUser is somebody who works with git on a repository that Terrace hosts.
type gitUser struct {
	harness.Person
	t   *testing.T
	ctx context.Context //nolint:containedctx // a test's
	dir string
}

func (g *gitUser) git(args ...string) string {
	g.t.Helper()
	cmd := exec.CommandContext(g.ctx, "git", args...)
	cmd.Dir = g.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		g.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// pullRequest is what is read of terrace pr show.
type pullRequest struct {
	PullRequest struct{ State, Head, MergeCommit string }
	Checks      []struct{ Kind, Stage, State, Message, Run string }
	Comments    []struct{ Body string }
	Statuses    []struct{ Context, State, Description string }
}

// until shows the pull request until its summary has a state, for two minutes.
func (g *gitUser) until(number int, states ...string) pullRequest {
	g.t.Helper()
	var p pullRequest
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); <-time.After(200 * time.Millisecond) {
		p = pullRequest{}
		raw := g.Must(g.ctx, "pr", "show", fmt.Sprint(number), "--repo", "orders", "-o", "json").Stdout
		if err := json.Unmarshal([]byte(raw), &p); err != nil {
			g.t.Fatal(err)
		}
		for _, s := range p.Statuses {
			for _, want := range states {
				if s.Context == "terrace" && s.State == want {
					return p
				}
			}
		}
	}
	g.t.Fatalf("the pull request does not become %v: %+v", states, p)
	return p
}

// TestAChangeComesByGit carries a service from git push over a pull request to
// a deployment, on one machine.
func TestAChangeComesByGit(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on PATH")
	}
	d := harness.Start(t)
	admin := d.Project(t.Context(), t, "shop")
	grace := admin.Colleague(t.Context(), "grace", "developer")
	var made struct{ Token string }
	if err := json.Unmarshal([]byte(admin.Must(t.Context(), "token", "create", "--user", "grace", "--name", "git", "-o", "json").Stdout), &made); err != nil {
		t.Fatal(err)
	}
	g := &gitUser{Person: grace, t: t, ctx: t.Context(), dir: filepath.Join(d.Dir, "orders")}
	g.Must(g.ctx, "create", "go-service", "orders", "--into", g.dir, "--set", "costcenter=4711", "--set", "owner=shop")
	clone := regexp.MustCompile(`http://\S+\.git`).FindString(g.Must(g.ctx, "repo", "create", "orders").Stdout)
	if clone != "http://"+d.API+"/git/default/shop/orders.git" {
		t.Fatalf("the address is %q", clone)
	}
	admin.Must(g.ctx, "repo", "bind", "orders", "orders", "--score", "score.yaml", "--build", "--plan", "dev")
	admin.Must(g.ctx, "repo", "protect", "orders", "--merge", "developer", "--checks")

	g.git("init", "-q", "-b", "main")
	g.git("remote", "add", "origin", strings.Replace(clone, "http://", "http://grace:"+made.Token+"@", 1))
	g.git("add", "-A")
	g.git("commit", "-q", "-m", "A new service")
	g.git("push", "-q", "origin", "main")
	g.git("checkout", "-q", "-b", "price")
	if err := os.WriteFile(filepath.Join(g.dir, "price.go"), []byte("package main\n\nconst price = 42\n\nvar _ = price\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g.git("add", "-A")
	g.git("commit", "-q", "-m", "A new price")
	g.git("push", "-q", "origin", "price")
	head := g.git("rev-parse", "HEAD")
	g.Must(g.ctx, "pr", "create", "--repo", "orders", "--from", "price", "--title", "A new price")

	planned := g.until(1, "success", "failure")
	// The first check is that no leaked value comes along.
	if len(planned.Checks) != 2 || planned.Checks[0].Kind != "review" || planned.Checks[0].State != "success" || planned.Checks[1].State != "success" || planned.PullRequest.Head != head || len(planned.Comments) != 1 {
		t.Fatalf("planned %+v", planned)
	}
	if body := planned.Comments[0].Body; !strings.Contains(body, "| orders | dev | planned |") || !strings.Contains(body, planned.Checks[1].Run) || !strings.Contains(body, "no leaked value in the changed file") {
		t.Errorf("the comment is\n%s", body)
	}
	g.Must(g.ctx, "pr", "merge", "1", "--repo", "orders", "--head", head)
	applied := g.until(1, "success", "failure")
	for end := time.Now().Add(time.Minute); applied.PullRequest.State != "merged" || len(applied.Checks) < 3; applied = g.until(1, "success", "failure") {
		if time.Now().After(end) {
			t.Fatalf("the merge is not applied: %+v", applied)
		}
	}
	if last := applied.Checks[len(applied.Checks)-1]; last.Kind != "apply" || last.State != "success" || len(applied.Comments) != 1 || !strings.Contains(applied.Comments[0].Body, "### Terrace: applied") {
		t.Errorf("applied %+v", applied)
	}
	if status := g.Must(g.ctx, "status", "orders").Stdout; !strings.Contains(status, "verified") {
		t.Errorf("the status is\n%s", status)
	}
	g.git("fetch", "-q", "origin", "main")
	if got := g.git("rev-parse", "FETCH_HEAD"); got != applied.PullRequest.MergeCommit {
		t.Errorf("the branch is at %s, not at the merge %s", got, applied.PullRequest.MergeCommit)
	}
	if r, err := http.Get("http://" + d.API + "/git/default/shop/orders.git/info/refs?service=git-upload-pack"); err != nil || r.StatusCode != http.StatusUnauthorized {
		t.Errorf("nobody is let in: %v, %v", r, err)
	}
	g.git("checkout", "-q", "-b", "words", "FETCH_HEAD")
	g.git("commit", "-q", "--allow-empty", "-m", "Nothing of a workload")
	g.git("push", "-q", "origin", "words")
	g.Must(g.ctx, "pr", "create", "--repo", "orders", "--from", "words", "--title", "Words")
	for end := time.Now().Add(time.Minute); ; {
		shown := g.Must(g.ctx, "pr", "show", "2", "--repo", "orders").Stdout
		if strings.Contains(shown, "no workload of this repository changes") {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("it does not say that there is nothing to plan:\n%s", shown)
		}
	}
	admin.Must(g.ctx, "audit", "verify")
	events := allTold(g.ctx, t, d)
	fitSchemas(g.ctx, t, d, events)
	for last, way := range map[string]string{"run.succeeded": "vcs.pushed pr.merged run.succeeded", "release.verified": "vcs.pushed pr.merged release.verified"} {
		if ways := waysTo(events, last); len(ways) != 1 || ways[0] != way {
			t.Errorf("what led to %s: %q, want %q", last, ways, way)
		}
	}
}
