package leakvcs_test

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/governance/leak/leaksql"
	"github.com/terrace-idp/terrace/internal/governance/leak/leakvcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// key is a value by one of gitleaks's rules, which does not stand in this file as it is.
const key = "AK" + "IAQ3EGXK5HN7TLWPZC"

// people may read and allow findings as they may do all else.
type people struct{ *vcstest.People }

func (people) Authorize(context.Context, string, kernel.Scope) error { return nil }

func (people) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

type stored struct{ *vcs.Service }

func (s stored) RepositoryByID(ctx context.Context, id string) (vcs.Repository, error) {
	return s.Store.RepositoryByID(ctx, id)
}

// Branches are main and whatever has a binding.
func (s stored) Branches(ctx context.Context, r vcs.Repository) ([]string, error) {
	all := []string{r.DefaultBranch}
	bindings, err := s.Store.Bindings(ctx, r.Scope, r.ID)
	for _, b := range bindings {
		all = append(all, b.Branch)
	}
	return all, err
}

type bench struct {
	*vcstest.Bench
	t     *testing.T
	leaks *leak.Service
	store *leaksql.Store
	clock *ahead
	repo  vcs.Repository
	dir   string
	stop  func()
}

// ahead is a clock that can be put ahead.
type ahead struct {
	mu sync.Mutex
	by time.Duration
}

func (a *ahead) now() time.Time { a.mu.Lock(); defer a.mu.Unlock(); return time.Now().Add(a.by) }

func (a *ahead) put(by time.Duration) { a.mu.Lock(); defer a.mu.Unlock(); a.by += by }

func newBench(t *testing.T) *bench {
	t.Helper()
	d := dbtest.SQLite(t, vcssql.Migrations(), leaksql.Migrations())
	b := &bench{Bench: vcstest.On(t, d, nil), t: t, dir: t.TempDir(), clock: &ahead{}}
	store := leaksql.NewStore(d)
	b.leaks = leak.New(leak.Config{
		Store: store, Apart: store, Values: store, Sealer: b.Sealer, Authorizer: people{b.People}, Journal: b.Facts, Tx: d, Scanner: leakscan.New(),
	})
	b.store = store
	w := b.watcher(b.leaks, b.leaks.Scanner, stored{b.Service})
	b.Listeners, b.Reviewers, b.Bound = append(b.Listeners, w), append(b.Reviewers, w), w.Bound
	var err error
	if b.repo, err = b.Create(as(t, "developer"), vcstest.Shop(), vcs.NewRepository{Name: "orders", Protection: vcs.Protection{Checks: true}}); err != nil {
		t.Fatal(err)
	}
	b.git("init", "-q", "-b", "main")
	b.Watch(t)
	b.leaks.Decided = b.LookAgain
	b.watch(w)
	return b
}

func (b *bench) watcher(leaks leakvcs.Leaks, shipped *leakscan.Scanner, repositories leakvcs.Repositories) *leakvcs.Watcher {
	return leakvcs.New(leakvcs.Config{
		Store: b.store, Leaks: leaks, Repositories: repositories, Branches: stored{b.Service}, Shipped: shipped, Clock: b.clock.now, Log: slog.New(slog.DiscardHandler),
	})
}

// watch has w look at branches until stop is called.
func (b *bench) watch(w *leakvcs.Watcher) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Watch(ctx) }()
	b.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Error(err)
		}
	})
	b.t.Cleanup(b.stop)
}

func as(t *testing.T, who string) context.Context { t.Helper(); return vcstest.As(t.Context(), who) }

func (b *bench) git(args ...string) string {
	b.t.Helper()
	cmd := exec.CommandContext(b.t.Context(), "git", args...)
	cmd.Dir = b.dir
	cmd.Env = append(cmd.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// push commits files to a branch as a developer does; an empty one is removed.
func (b *bench) push(branch string, files map[string]string) string {
	b.t.Helper()
	b.git("checkout", "-q", "-B", branch)
	for name, content := range files {
		at := filepath.Join(b.dir, name)
		if content == "" {
			b.git("rm", "-q", name)
			continue
		}
		if err := os.MkdirAll(filepath.Dir(at), 0o750); err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(content), 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	b.git("add", "-A")
	b.git("commit", "-q", "-m", "change "+branch)
	commit := b.git("rev-parse", branch)
	before, err := b.Files(b.repo).Ref(b.t.Context(), "refs/heads/"+branch)
	if err != nil {
		b.t.Fatal(err)
	}
	err = b.Push(as(b.t, "developer"), b.repo, []vcs.Push{{Ref: "refs/heads/" + branch, Before: before, After: commit}}, func(context.Context) error {
		b.git("push", "-q", "--force", b.Files(b.repo).Dir, branch)
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return commit
}

// found waits until as many findings are in a state as there should be.
func (b *bench) found(state leak.State, n int) []leak.Finding {
	b.t.Helper()
	var items []leak.Finding
	vcstest.Eventually(b.t, "as many findings as are wanted are "+string(state), func() bool {
		page, err := b.leaks.List(as(b.t, "admin"), vcstest.Shop(), leak.Filter{State: state}, kernel.PageRequest{})
		if err != nil {
			b.t.Fatal(err)
		}
		items = page.Items
		return len(items) == n
	})
	return items
}

// checked waits for the check of a pull request at a commit.
func (b *bench) checked(number int, commit string, state vcs.CheckState) vcs.Check {
	b.t.Helper()
	var out vcs.Check
	vcstest.Eventually(b.t, "the check is "+string(state), func() bool {
		all, err := b.Store.Checks(b.t.Context(), b.repo.Scope, b.repo.ID, number)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, c := range all {
			if c.Kind == vcs.ReviewCheck && c.Binding == "leaks" && c.Commit == commit && c.State == state {
				out = c
				return true
			}
		}
		return false
	})
	return out
}

func TestAPushIsLookedThrough(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.push("main", map[string]string{"README.md": "orders\n", "deploy/.env": "a=1\nkey: " + key + "\n"})
	f := b.found(leak.Open, 1)[0]
	if f.Place.String() != "orders/deploy/.env:2:6" || f.Place.Revision == "" || f.Rule != "aws-access-token" {
		t.Errorf("%+v", f)
	}
	b.push("main", map[string]string{"other.txt": "nothing\n", "deploy/.env": "\n\n\nkey: " + key + "\n"})
	vcstest.Eventually(t, "it moves", func() bool { return b.found(leak.Open, 1)[0].Place.Line == 4 })
	b.push("main", map[string]string{"deploy/.env": ""})
	b.found(leak.Resolved, 1)
	b.push("work", map[string]string{"b.env": "key: " + key + "\n"})
	if _, err := b.Bind(as(t, "admin"), vcstest.Shop(), "orders", vcs.Binding{Name: "orders", Branch: "work", Score: "score.yaml", Plan: []string{"dev"}}); err != nil {
		t.Fatal(err)
	}
	if f := b.found(leak.Open, 1)[0]; f.Place.Path != "b.env" {
		t.Errorf("a branch that is bound is looked through: %+v", f)
	}
}

func TestAPullRequestDoesNotBringALeak(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.push("main", map[string]string{"README.md": "orders\n", "old.env": "k: " + key + "\n"})
	b.found(leak.Open, 1)
	commit := b.push("feature", map[string]string{
		"new.env": "a=1\nkey: AK" + "IAZ7TLWPZCQ3EGXK5H\n", "old.env": "# moved\nk: " + key + "\n", leakscan.ConfigFile: "[[allowlists]]\npaths=['.*']\n",
	})
	p, err := b.Propose(as(t, "developer"), vcstest.Shop(), "orders", vcs.Proposal{Source: "feature", Title: "more"})
	if err != nil {
		t.Fatal(err)
	}
	c := b.checked(p.Number, commit, vcs.Failed)
	if !strings.Contains(c.Message, "new.env:2:6") || strings.Contains(c.Message, "old.env") || strings.Contains(c.Message, key) || !strings.Contains(c.Message, "terrace secret allow leak_") || !strings.Contains(c.Report, "1 more") {
		t.Errorf("%s\n%s", c.Message, c.Report)
	}
	vcstest.Eventually(t, "a merge is refused for it", func() bool {
		_, err := b.Merge(as(t, "admin"), vcstest.Shop(), "orders", p.Number, "")
		return kernel.Is(err, kernel.Refused) && strings.Contains(err.Error(), "the check leaks has failed")
	})
	for _, f := range b.found(leak.Open, 2) {
		if f.Place.Path == "new.env" {
			if _, err := b.leaks.Allow(as(t, "admin"), "acme", f.ID, "rotated", time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.checked(p.Number, commit, vcs.Succeeded) // it is made again by itself
	vcstest.Eventually(t, "it is merged", func() bool {
		_, err := b.Merge(as(t, "admin"), vcstest.Shop(), "orders", p.Number, "")
		return err == nil
	})
}

// TestARepositoryThatIsRemovedHasNoLeaks: its findings are resolved.
func TestARepositoryThatIsRemovedHasNoLeaks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	files := map[string]string{"a.env": "key: " + key + "\n"}
	for i := range 70 { // more than are read one by one
		files["docs/"+strings.Repeat("x", i+1)+".md"] = "nothing\n"
	}
	b.push("main", files)
	b.found(leak.Open, 1)
	if err := b.Delete(as(t, "admin"), vcstest.Shop(), "orders"); err != nil {
		t.Fatal(err)
	}
	b.found(leak.Resolved, 1)
}
