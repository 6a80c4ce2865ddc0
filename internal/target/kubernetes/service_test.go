package kubernetes_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/kubernetes"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/gitrepo"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/manifest"
)

func scope() kernel.Scope { return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"} }

type ada struct{}

func (ada) Requester(context.Context, kernel.Scope, string) (string, error) { return "ada", nil }

// service returns a Service whose stage dev has a repository of its own in dir.
func service(dir string, change ...func(*kubernetes.Stage)) *kubernetes.Service {
	st := kubernetes.Stage{Gateway: manifest.Gateway{Name: "public", Namespace: "gateways"}}
	for _, c := range change {
		c(&st)
	}
	return kubernetes.New(kubernetes.Config{Dir: dir, Stage: func(name string) (kubernetes.Stage, bool) { return st, name == "dev" }, Requesters: ada{}})
}

func spec(greeting string) json.RawMessage {
	return json.RawMessage(`{"manifests":"as rendered","release":"rel_1","release_version":"1.0.0",
		"containers":{"main":{"image":"registry.example.com/a:1","variables":{"GREETING":"` + greeting + `","P":"${secret:db}"}}},
		"ports":{"web":{"port":80}},"scaling":{},"security":{}}`)
}

func asRun(ctx context.Context) context.Context {
	return kernel.WithActor(ctx, kernel.Actor{ID: "run_1", Name: "run_1", Kind: kernel.ActorRun, Tenant: "acme"})
}

func own(dir string) string { return filepath.Join(dir, "acme", "dev.git") }

// history returns the commits of main, the newest first.
func history(t *testing.T, path string) []*object.Commit {
	t.Helper()
	repo, err := git.PlainOpen(path)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := repo.Reference(plumbing.NewBranchReferenceName("main"), true)
	if err != nil {
		t.Fatal(err)
	}
	iter, err := repo.Log(&git.LogOptions{From: ref.Hash()})
	if err != nil {
		t.Fatal(err)
	}
	var all []*object.Commit
	if err := iter.ForEach(func(c *object.Commit) error { all = append(all, c); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

func files(t *testing.T, c *object.Commit) map[string]string {
	t.Helper()
	out := map[string]string{}
	iter, err := c.Files()
	if err != nil {
		t.Fatal(err)
	}
	err = iter.ForEach(func(f *object.File) error {
		content, err := f.Contents()
		out[f.Name] = content
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAWorkloadIsOneCommitThatSaysForWhom(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := service(dir)
	outputs, err := s.Apply(asRun(t.Context()), scope(), "orders", spec("hello"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Apply(asRun(t.Context()), scope(), "orders", spec("hello"))
	if err != nil {
		t.Fatal(err)
	}
	commits := history(t, own(dir))
	if len(commits) != 1 || outputs["commit"] != commits[0].Hash.String() || again["commit"] != outputs["commit"] {
		t.Errorf("%d commits; outputs %v, then %v", len(commits), outputs, again)
	}
	for _, want := range []string{"orders: release 1.0.0 to dev\n", "Workload: shop/orders\n", "Release: rel_1\n", "Run: run_1\n", "Requested-by: ada\n"} {
		if !strings.Contains(commits[0].Message, want) {
			t.Errorf("the message %q lacks %q", commits[0].Message, want)
		}
	}
	have := files(t, commits[0])
	for _, name := range []string{"workloads/dev/shop/namespace.yaml", "workloads/dev/shop/orders/deployment.yaml", "workloads/dev/shop/orders/kustomization.yaml"} {
		if have[name] == "" {
			t.Errorf("there is no %s in %v", name, have)
		}
	}
	if notes := fmt.Sprint(outputs["notes"]); !strings.Contains(notes, "orders-secrets") || !strings.Contains(notes, "db") {
		t.Errorf("the notes %s do not say which Secret the cluster needs", notes)
	}
}

func TestAManualEditIsSeenAndPutRight(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := service(dir)
	if _, err := s.Apply(t.Context(), scope(), "orders", spec("hello")); err != nil {
		t.Fatal(err)
	}
	seen, gone, err := s.Observe(t.Context(), scope(), "orders", spec("hello"))
	if err != nil || gone || string(seen) != string(spec("hello")) {
		t.Fatalf("seen %s, gone %v, error %v", seen, gone, err)
	}
	edit(t, own(dir), map[string][]byte{
		"workloads/dev/shop/orders/deployment.yaml": []byte("kind: Deployment\n"), "workloads/dev/shop/orders/more.yaml": []byte("a: b\n"),
		"workloads/dev/shop/namespace.yaml": nil, "README.md": []byte("ours\n"),
	})
	seen, _, err = s.Observe(t.Context(), scope(), "orders", spec("hello"))
	if err != nil || !strings.Contains(string(seen), `"manifests":"changed: namespace.yaml, deployment.yaml, more.yaml"`) {
		t.Errorf("seen %s, error %v", seen, err)
	}
	changes, err := s.Preview(t.Context(), scope(), "orders", spec("hello"))
	if err != nil || len(changes) != 3 {
		t.Errorf("changes %v, error %v", changes, err)
	}
	if _, err := s.Apply(t.Context(), scope(), "orders", spec("hello")); err != nil {
		t.Fatal(err)
	}
	have := files(t, history(t, own(dir))[0])
	if have["workloads/dev/shop/orders/more.yaml"] != "" || have["README.md"] != "ours\n" || have["workloads/dev/shop/namespace.yaml"] == "" {
		t.Errorf("left are %v", have)
	}
	edit(t, own(dir), removed(have))
	if _, gone, err := s.Observe(t.Context(), scope(), "orders", spec("hello")); err != nil || !gone {
		t.Errorf("gone %v, error %v", gone, err)
	}
}

func removed(have map[string]string) map[string][]byte {
	out := map[string][]byte{}
	for name := range have {
		out[name] = nil
	}
	return out
}

// edit commits files as a person would.
func edit(t *testing.T, path string, files map[string][]byte) {
	t.Helper()
	repo, err := gitrepo.New(gitrepo.Config{URL: "file://" + path})
	if err != nil {
		t.Fatal(err)
	}
	_, err = repo.Change(t.Context(), gitrepo.Author{Name: "a person", Email: "a@example.com"}, time.Unix(0, 0), func(gitrepo.Tree) (gitrepo.Edit, error) {
		return gitrepo.Edit{Files: files, Message: "by hand"}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestManyCommitAtOnceAndNothingIsLost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const daemons, each = 4, 5
	var all sync.WaitGroup
	for d := range daemons {
		s := service(dir) // each with locks of its own, as several processes have
		for w := range each {
			all.Go(func() {
				name := fmt.Sprintf("w%d-%d", d, w)
				for {
					_, err := s.Apply(t.Context(), scope(), name, spec("hello"))
					if kernel.Is(err, kernel.Locked) {
						continue // it says to try again
					}
					if err != nil {
						t.Errorf("%s: %v", name, err)
					}
					return
				}
			})
		}
	}
	all.Wait()
	commits := history(t, own(dir))
	have := files(t, commits[0])
	for d := range daemons {
		for w := range each {
			if have[fmt.Sprintf("workloads/dev/shop/w%d-%d/deployment.yaml", d, w)] == "" {
				t.Errorf("w%d-%d is lost", d, w)
			}
		}
	}
	if len(commits) != daemons*each {
		t.Errorf("%d commits for %d workloads", len(commits), daemons*each)
	}
}

func TestALockThatAKilledProcessLeftIsNoHindrance(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := service(dir)
	if _, err := s.Apply(t.Context(), scope(), "orders", spec("hello")); err != nil {
		t.Fatal(err)
	}
	// As after a kill between the commit and its push: the commit is written and
	// noted, git's lock is taken, the branch has not moved.
	left := []byte(strings.Repeat("ab", 20) + "\n")
	for _, name := range []string{"terrace.pending", "refs/heads/main.lock"} {
		if err := os.WriteFile(filepath.Join(own(dir), name), left, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Apply(t.Context(), scope(), "orders", spec("good day")); err != nil {
		t.Fatal(err)
	}
	if n := len(history(t, own(dir))); n != 2 {
		t.Errorf("%d commits", n)
	}
}

func TestTheLastWorkloadTakesTheNamespaceWithIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := service(dir)
	for _, name := range []string{"orders", "stock"} {
		if _, err := s.Apply(t.Context(), scope(), name, spec("hello")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Remove(t.Context(), scope(), "orders"); err != nil {
		t.Fatal(err)
	}
	have := files(t, history(t, own(dir))[0])
	if have["workloads/dev/shop/namespace.yaml"] == "" || have["workloads/dev/shop/orders/deployment.yaml"] != "" {
		t.Errorf("after the first: %v", have)
	}
	for range 2 { // again is no error
		if err := s.Remove(t.Context(), scope(), "stock"); err != nil {
			t.Fatal(err)
		}
	}
	if have := files(t, history(t, own(dir))[0]); len(have) != 0 {
		t.Errorf("after the last: %v", have)
	}
}

func TestAFolderOfAnotherTenantIsLeftAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "shared.git")
	if _, err := git.PlainInit(path, true); err != nil {
		t.Fatal(err)
	}
	s := service(t.TempDir(), func(st *kubernetes.Stage) {
		st.Repository.URL = "file://" + path
		st.Repository.Folder = "clusters/one"
	})
	if _, err := s.Apply(t.Context(), scope(), "orders", spec("hello")); err != nil {
		t.Fatal(err)
	}
	other := scope()
	other.Tenant = "globex"
	if _, err := s.Apply(t.Context(), other, "stock", spec("hello")); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("error %v", err)
	}
	if have := files(t, history(t, path)[0]); have["clusters/one/workloads/dev/shop/orders/service.yaml"] == "" {
		t.Errorf("files %v", have)
	}
}

func TestARepositoryThatCannotBeUsedSaysWhy(t *testing.T) {
	t.Parallel()
	worktree := t.TempDir()
	if _, err := git.PlainInit(worktree, false); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		url  string
		kind kernel.Kind
		want string
	}{
		"there is none":       {"file://" + filepath.Join(t.TempDir(), "none.git"), kernel.Unavailable, "none.git"},
		"it has a work tree":  {"file://" + worktree, kernel.Refused, "working copy"},
		"nobody answers":      {"http://127.0.0.1:1/a.git", kernel.Unavailable, "127.0.0.1:1"},
		"a scheme of no kind": {"ftp://example.com/a.git", kernel.Invalid, "ftp://example.com/a.git"},
		"http over a network": {"http://git.example.com/a.git", kernel.Invalid, "https"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := service(t.TempDir(), func(st *kubernetes.Stage) { st.Repository.URL = c.url })
			_, err := s.Apply(t.Context(), scope(), "orders", spec("hello"))
			if !kernel.Is(err, c.kind) || !strings.Contains(fmt.Sprintf("%+v", errorText(err)), c.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func errorText(err error) string {
	if e, ok := err.(*kernel.Error); ok { //nolint:errorlint // as it is returned
		return e.Message + " " + e.Fix
	}
	return fmt.Sprint(err)
}

func TestASensitiveValueIsNotDeclared(t *testing.T) {
	t.Parallel()
	after := map[string]any{
		"name": "orders", "tags": map[string]any{"a": "b"}, "status": "committed",
		"containers": map[string]any{"main": map[string]any{"image": "a", "variables": map[string]any{"A": "x"}, "command": nil}},
	}
	unknown := map[string]any{
		"commit": true, "containers": map[string]any{"main": map[string]any{"variables": map[string]any{"B": true}}},
	}
	name, declared, err := kubernetes.Declaration(after, unknown, map[string]any{})
	want := `{"containers":{"main":{"image":"a","variables":{"A":"x","B":"(known after apply)"}}}}`
	if err != nil || name != "orders" || string(declared) != want {
		t.Errorf("%s %s %v", name, declared, err)
	}
	_, _, err = kubernetes.Declaration(after, unknown, map[string]any{
		"containers": map[string]any{"main": map[string]any{"variables": map[string]any{"A": true}}},
	})
	e, ok := err.(*kernel.Error) //nolint:errorlint // as it is returned
	if !ok || e.Kind != kernel.Invalid || !slices.ContainsFunc(e.Problems, func(p kernel.Problem) bool { return p.Path == "containers.main.variables.A" }) {
		t.Errorf("error %v", err)
	}
}
