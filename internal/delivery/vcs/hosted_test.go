package vcs_test

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// work is a developer's working copy of a hosted repository.
type work struct {
	*vcstest.Bench
	t    *testing.T
	repo vcs.Repository
	dir  string
}

// newWork returns a hosted repository with a workload bound to it and one commit.
func newWork(t *testing.T, bindings ...vcs.Binding) *work {
	t.Helper()
	w := quietWork(t, bindings...)
	w.Watch(t)
	return w
}

// quietWork is one whose pull requests nobody looks at.
func quietWork(t *testing.T, bindings ...vcs.Binding) *work {
	t.Helper()
	return workOn(t, vcstest.New(t, nil), bindings...)
}

func workOn(t *testing.T, b *vcstest.Bench, bindings ...vcs.Binding) *work {
	t.Helper()
	w := &work{Bench: b, t: t, dir: t.TempDir()}
	var err error
	if w.repo, err = w.Create(w.as("developer"), vcstest.Shop(), vcs.NewRepository{Name: "mono"}); err != nil {
		t.Fatal(err)
	}
	for _, b := range bindings {
		if _, err := w.Bind(w.as("admin"), vcstest.Shop(), "mono", b); err != nil {
			t.Fatal(err)
		}
	}
	w.git("init", "-q", "-b", "main")
	w.push("main", map[string]string{
		"orders/score.yaml": vcstest.Score("orders", "registry.example.com/orders:1"), "web/score.yaml": vcstest.Score("web", "registry.example.com/web:1"), "README.md": "hello\n",
	})
	return w
}

func (w *work) as(name string) context.Context { return vcstest.As(w.t.Context(), name) }

func (w *work) git(args ...string) string {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), "git", args...)
	cmd.Dir = w.dir
	cmd.Env = append(cmd.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// push commits files to a branch and pushes it, as the git host does.
func (w *work) push(branch string, files map[string]string) string {
	w.t.Helper()
	w.git("checkout", "-q", "-B", branch)
	for name, content := range files {
		writeFile(w.t, filepath.Join(w.dir, name), content)
	}
	w.git("add", "-A")
	w.git("commit", "-q", "-m", "change")
	return w.pushed(branch)
}

// pushed pushes a branch as it is.
func (w *work) pushed(branch string) string {
	w.t.Helper()
	commit := w.git("rev-parse", branch)
	before, err := w.Files(w.repo).Ref(w.t.Context(), "refs/heads/"+branch)
	if err != nil {
		w.t.Fatal(err)
	}
	err = w.Push(w.as("developer"), w.repo, []vcs.Push{{Ref: "refs/heads/" + branch, Before: before, After: commit}}, func(context.Context) error {
		w.git("push", "-q", "--force", w.Files(w.repo).Dir, branch)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return commit
}

func (w *work) propose(branch string) vcs.PullRequest {
	w.t.Helper()
	p, err := w.Propose(w.as("developer"), vcstest.Shop(), "mono", vcs.Proposal{Title: "Change " + branch, Source: branch})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *work) view(number int) vcs.View {
	w.t.Helper()
	v, err := w.PullRequest(w.as("viewer"), vcstest.Shop(), "mono", number)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// told waits until the one comment has a text, and returns it.
func (w *work) told(number int, want string) string {
	w.t.Helper()
	var text string
	vcstest.Eventually(w.t, "the comment says "+want, func() bool {
		v := w.view(number)
		if len(v.Comments) > 1 {
			w.t.Fatalf("there are %d comments", len(v.Comments))
		}
		if len(v.Comments) == 1 {
			text = v.Comments[0].Body
		}
		return strings.Contains(text, want)
	})
	return text
}

func status(v vcs.View, name string) string {
	for _, s := range v.Statuses {
		if s.Context == name {
			return string(s.State) + ": " + s.Description
		}
	}
	return "none"
}

func (w *work) eventually(number int, name, want string) {
	w.t.Helper()
	vcstest.Eventually(w.t, name+" is "+want, func() bool { return strings.HasPrefix(status(w.view(number), name), want) })
}

func bound(name string) vcs.Binding {
	return vcs.Binding{Name: name, Score: name + "/score.yaml", Plan: []string{"dev"}}
}

func dossier() run.Dossier {
	return run.Dossier{
		Plan: run.PlanView{
			Summary: run.Plan{Create: 1, Replace: 1, Delete: 1},
			Changes: []run.ResourceChange{
				{Address: `module.db["a|b"]`, Action: "delete"},
				{Address: "module.cache", Action: "replace", Values: []run.ValueChange{{Path: "size", ForcesReplace: true, Before: "hunter2", After: "hunter3"}}},
				{Address: "module.dns", Action: "create"},
			},
		},
		Gates: []run.GateResult{{Gate: "tags", Outcome: run.Passed}, {Gate: "cost", Outcome: run.Passed, Message: "$76.80 a month without 2 parts that have no price"}, {Gate: "approvals", Outcome: run.Waiting, Message: "one approval by somebody"}},
	}
}

// TestAPullRequestIsPlannedMergedAndApplied is the way of a change on the
// built-in host.
func TestAPullRequestIsPlannedMergedAndApplied(t *testing.T) {
	t.Parallel()
	w := newWork(t, bound("orders"), bound("web"))
	w.Runs.Dossier = dossier()
	head := w.push("price", map[string]string{"orders/score.yaml": vcstest.Score("orders", "registry.example.com/orders:2")})
	p := w.propose("price")
	plan := w.Runs.Waiting(t, "dev")
	if plan.Workload != "orders" || !plan.DryRun || !plan.Unmerged || plan.RequestedBy.Name != "developer" || !strings.Contains(plan.Reason, "mono#1 at "+head[:12]) {
		t.Errorf("planned %+v", plan)
	}
	w.eventually(p.Number, "terrace/plan/orders/dev", "pending")
	w.told(p.Number, "at work")
	w.Runs.End(t, plan.ID, run.PlannedOnly)
	w.eventually(p.Number, "terrace", "success: 1 of 1 succeeded")
	text := w.told(p.Number, "| planned |")
	for _, want := range []string{
		"**1** | **1** | 0 | 1", "approvals: waiting", "gate cost passed: $76.80 a month without 2 parts that have no price", "**delete** `module.db[\"a|b\"]`\n- **replace** `module.cache` because of `size`\n- create `module.dns`",
		"terrace run show " + plan.ID, "terrace deploy orders/score.yaml --stage dev --dry-run",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the comment lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "hunter") {
		t.Errorf("the comment has a value:\n%s", text)
	}
	if got := status(w.view(p.Number), "terrace/plan/orders/dev"); got != "success: 1 to destroy, 1 to replace, 0 to change, 1 to create" {
		t.Errorf("the status is %q", got)
	}

	merged, err := w.Merge(w.as("developer"), vcstest.Shop(), "mono", p.Number, head)
	if err != nil || merged.State != vcs.Merged {
		t.Fatalf("%+v, %v", merged, err)
	}
	apply := w.Runs.Waiting(t, "dev")
	if got := status(w.view(p.Number), "terrace"); !strings.HasPrefix(got, "pending") {
		t.Errorf("before the apply has ended the merge commit is %q", got)
	}
	if apply.DryRun || apply.Unmerged || apply.Workload != "orders" || apply.RequestedBy.ID != "usr_developer" {
		t.Errorf("applied %+v", apply)
	}
	w.Runs.End(t, apply.ID, run.Failed)
	text = w.told(p.Number, "merged, although the apply of `"+merged.MergeCommit[:12]+"` failed")
	if !strings.Contains(text, "the database is too small") || !strings.Contains(text, "terrace pr apply 1 --repo mono") {
		t.Errorf("the comment does not say why, or what to do:\n%s", text)
	}
	w.eventually(p.Number, "terrace", "failure: 1 of 1 failed")
	if _, err := w.Apply(w.as("developer"), vcstest.Shop(), "mono", p.Number); err != nil {
		t.Fatal(err)
	}
	w.Runs.End(t, w.Runs.Waiting(t, "dev").ID, run.Succeeded)
	w.told(p.Number, "### Terrace: applied")
	w.eventually(p.Number, "terrace", "success")
	if n := len(w.Facts.Of("pr.merged")); n != 1 {
		t.Errorf("the merge was recorded %d times", n)
	}
}

func TestANewCommitSupersedesThePlans(t *testing.T) {
	t.Parallel()
	w := newWork(t, bound("orders"))
	w.push("price", map[string]string{"orders/a.txt": "1"})
	p := w.propose("price")
	first := w.Runs.Waiting(t, "dev")
	second := w.push("price", map[string]string{"orders/a.txt": "2"})
	vcstest.Eventually(t, "the second commit is planned and the first is not", func() bool {
		all := w.Runs.All()
		return len(all) == 2 && all[0].ID == first.ID && all[0].Status == run.Canceled && strings.Contains(all[1].Reason, second[:12])
	})
	w.Runs.End(t, w.Runs.Waiting(t, "dev").ID, run.PlannedOnly)
	w.eventually(p.Number, "terrace", "success")
	w.told(p.Number, "plan of `"+second[:12]+"`")
}

func TestOnlyWhatChangesIsPlanned(t *testing.T) {
	t.Parallel()
	w := newWork(t, bound("orders"), vcs.Binding{Name: "web", Score: "web/score.yaml", Paths: []string{"web/**", "libs/**", "!**/*.md"}, Plan: []string{"dev", "test"}})
	w.push("docs", map[string]string{"web/README.md": "words", "README.md": "words"})
	docs := w.propose("docs")
	w.eventually(docs.Number, "terrace", "success: no workload of this repository changes")
	if v := w.view(docs.Number); len(v.Comments) != 0 || len(w.Runs.All()) != 0 {
		t.Errorf("it was commented %v, run %v", v.Comments, w.Runs.All())
	}
	w.git("checkout", "-q", "main")
	w.push("lib", map[string]string{"libs/a.go": "package libs"})
	lib := w.propose("lib")
	w.Runs.End(t, w.Runs.Waiting(t, "dev").ID, run.PlannedOnly)
	w.Runs.End(t, w.Runs.Waiting(t, "test").ID, run.PlannedOnly)
	w.eventually(lib.Number, "terrace", "success: 2 of 2 succeeded")
	for _, r := range w.Runs.All() {
		if r.Workload != "web" {
			t.Errorf("planned %s", r.Workload)
		}
	}
}

func TestWhatCannotBePlannedIsSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ score, want string }{
		"a folder as image":   {vcstest.Score("orders", "."), "have your CI build and push an image"},
		"no Score file":       {"apiVersion: score.dev/v1b1\n", "orders/score.yaml"},
		"a file that is gone": {"", "is gone: what is deployed stays"},
		"a file elsewhere":    {vcstest.Score("orders", "x") + "    files:\n      /etc/a:\n        source: ../../../etc/passwd\n", "leads out of the repository"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWork(t, bound("orders"))
			w.git("checkout", "-q", "-b", "bad")
			if c.score == "" {
				w.git("rm", "-q", "orders/score.yaml")
				w.git("commit", "-q", "-m", "gone")
				w.pushed("bad")
			} else {
				w.push("bad", map[string]string{"orders/score.yaml": c.score})
			}
			w.told(w.propose("bad").Number, c.want)
			if len(w.Runs.All()) != 0 {
				t.Errorf("it was run: %v", w.Runs.All())
			}
		})
	}
}

func TestApplyBeforeTheMerge(t *testing.T) {
	t.Parallel()
	b := bound("orders")
	b.Apply = vcs.ApplyBeforeMerge
	w := newWork(t, b)
	w.push("price", map[string]string{"orders/a.txt": "1"})
	p := w.propose("price")
	plan := w.Runs.Waiting(t, "dev")
	if _, err := w.Merge(w.as("developer"), vcstest.Shop(), "mono", p.Number, ""); !kernel.Is(err, kernel.Refused) {
		t.Errorf("merged before the plan: %v", err)
	}
	if _, err := w.Apply(w.as("developer"), vcstest.Shop(), "mono", p.Number); !kernel.Is(err, kernel.Refused) {
		t.Errorf("applied before the plan: %v", err)
	}
	w.Runs.End(t, plan.ID, run.PlannedOnly)
	w.eventually(p.Number, "terrace", "success")
	if _, err := w.Merge(w.as("developer"), vcstest.Shop(), "mono", p.Number, ""); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "terrace pr apply 1 --repo mono") {
		t.Errorf("merged before the apply: %v", err)
	}
	if _, err := w.Apply(w.as("developer"), vcstest.Shop(), "mono", p.Number); err != nil {
		t.Fatal(err)
	}
	apply := w.Runs.Waiting(t, "dev")
	if apply.DryRun {
		t.Errorf("planned again: %+v", apply)
	}
	w.Runs.End(t, apply.ID, run.Succeeded)
	w.eventually(p.Number, "terrace/apply/orders/dev", "success")
	if _, err := w.Merge(w.as("developer"), vcstest.Shop(), "mono", p.Number, ""); err != nil {
		t.Error(err)
	}
	w.told(p.Number, "### Terrace: applied")
	if n := len(w.Runs.All()); n != 2 {
		t.Errorf("there were %d runs", n)
	}
}

func TestMergesAreGits(t *testing.T) {
	t.Parallel()
	w := newWork(t)
	w.push("a", map[string]string{"README.md": "a\n"})
	w.git("checkout", "-q", "main")
	w.push("b", map[string]string{"README.md": "b\n"})
	a, b := w.propose("a"), w.propose("b")
	if _, err := w.Propose(w.as("developer"), vcstest.Shop(), "mono", vcs.Proposal{Title: "again", Source: "a"}); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("a second for the same branch: %v", err)
	}
	if _, err := w.Merge(w.as("viewer"), vcstest.Shop(), "mono", a.Number, ""); !kernel.Is(err, kernel.Denied) {
		t.Errorf("a viewer merges: %v", err)
	}
	if _, err := w.Merge(w.as("developer"), vcstest.Shop(), "mono", a.Number, strings.Repeat("1", 40)); !kernel.Is(err, kernel.Stale) {
		t.Errorf("another commit was looked at: %v", err)
	}
	merged, err := w.Merge(w.as("developer"), vcstest.Shop(), "mono", a.Number, "")
	if err != nil {
		t.Fatal(err)
	}
	if parents, err := w.Files(w.repo).Parents(t.Context(), merged.MergeCommit); err != nil || len(parents) != 2 || parents[1] != a.Head {
		t.Errorf("the merge has the parents %v, %v", parents, err)
	}
	_, err = w.Merge(w.as("developer"), vcstest.Shop(), "mono", b.Number, "")
	if !kernel.Is(err, kernel.Conflict) || !strings.Contains(err.Error(), "README.md") {
		t.Errorf("a conflict: %v", err)
	}
	if _, err := w.Close(w.as("developer"), vcstest.Shop(), "mono", b.Number); err != nil {
		t.Error(err)
	}
	w.git("checkout", "-q", "main")
	w.push("c", map[string]string{"c.txt": "c\n"})
	c := w.propose("c")
	w.git("fetch", "-q", w.Files(w.repo).Dir, "main")
	w.git("checkout", "-q", "-B", "main", "FETCH_HEAD")
	w.git("merge", "-q", "--no-edit", "c")
	w.pushed("main")
	vcstest.Eventually(t, "a merge by hand is noticed", func() bool { return w.view(c.Number).PullRequest.State == vcs.Merged })
}

func TestPathFilters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		globs string
		file  string
		want  bool
	}{
		{"**", "a/b/c.txt", true},
		{"a/**", "a/b/c.txt", true},
		{"a/**", "ab/c.txt", false},
		{"a/*", "a/b/c.txt", false},
		{"a/*.go", "a/b.go", true},
		{"**/*.go", "b.go", true},
		{"**/x/**", "a/x/b", true},
		{"**/x/**", "a/y/b", false},
		{"a/** !**/*.md", "a/b.md", false},
		{"a/** !**/*.md", "a/b.go", true},
		{"!a/**", "b", false},
		{"a/**/z", "a/z", true},
		{strings.Repeat("**/", 60) + "z", strings.Repeat("a/", 200) + "y", false},
	} {
		if got := vcs.Matches(strings.Fields(c.globs), c.file); got != c.want {
			t.Errorf("%q matches %q: %v", c.globs, c.file, got)
		}
	}
}

func TestBindingsAreChecked(t *testing.T) {
	t.Parallel()
	w := newWork(t)
	for _, b := range []vcs.Binding{
		{Name: "x", Score: "../score.yaml", Plan: []string{"dev"}},
		{Name: "x", Score: "/score.yaml", Plan: []string{"dev"}},
		{Name: "x", Score: "score.yaml"},
		{Name: "x", Score: "score.yaml", Plan: []string{"dev"}, Apply: "sometimes"},
		{Name: "x", Score: "score.yaml", Plan: []string{"dev"}, Paths: []string{"[a"}},
		{Name: "", Score: "score.yaml", Plan: []string{"dev"}},
	} {
		if _, err := w.Bind(w.as("admin"), vcstest.Shop(), "mono", b); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%+v: %v", b, err)
		}
	}
	if _, err := w.Bind(w.as("admin"), vcstest.Shop(), "mono", vcs.Binding{Name: "x", Score: "score.yaml", Plan: []string{"moon"}}); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("bound to a stage that there is not: %v", err)
	}
	got, err := w.Bind(w.as("admin"), vcstest.Shop(), "mono", vcs.Binding{Name: "x", Score: "score.yaml", Plan: []string{"test"}})
	if err != nil || got.Apply != vcs.ApplyOnMerge || !slices.Equal(got.Stages, []string{"test"}) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := w.Bind(w.as("developer"), vcstest.Shop(), "mono", bound("orders")); !kernel.Is(err, kernel.Denied) {
		t.Errorf("a developer binds: %v", err)
	}
}

// waitsFor waits until the list says of the only pull request that it waits for this alone, as
// each of these texts begins.
func (w *work) waitsFor(what ...string) {
	w.t.Helper()
	vcstest.Eventually(w.t, fmt.Sprintf("the list says that it waits for %q", what), func() bool {
		page, err := w.PullRequests(w.as("viewer"), vcstest.Shop(), "mono", "", kernel.PageRequest{})
		return err == nil && len(page.Items) == 1 && slices.EqualFunc(page.Items[0].WaitsFor, what, strings.HasPrefix)
	})
}

// slowly builds as soon as it may.
type slowly struct{ may chan struct{} }

func (s slowly) Build(ctx context.Context, _ kernel.Scope, _, _ string, _ io.Writer) (kernel.Digest, error) {
	select {
	case <-s.may:
		return kernel.DigestOf([]byte("built")), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// TestAPullRequestSaysWhatIsBuilt for as long as it is: the status of the commit, the
// comment and the check.
func TestAPullRequestSaysWhatIsBuilt(t *testing.T) {
	t.Parallel()
	orders := bound("orders")
	orders.Build = true
	w := quietWork(t, orders)
	s := slowly{make(chan struct{})}
	w.Builder = s
	w.Watch(t)
	w.push("price", map[string]string{"orders/score.yaml": vcstest.Score("orders", "./src"), "orders/src/main.go": "package main\n"})
	p := w.propose("price")
	w.told(p.Number, "| building main from orders/src |")
	w.eventually(p.Number, "terrace/plan/orders/dev", "pending: building main from orders/src")
	if c := w.view(p.Number).Checks[0]; c.State != vcs.Pending || c.Message != "building main from orders/src" {
		t.Errorf("the check says %+v", c)
	}
	w.waitsFor("building main from orders/src")
	close(s.may)
	plan := w.Runs.Waiting(t, "dev")
	w.told(p.Number, "| at work |")
	w.waitsFor("plan of orders in dev")
	w.Runs.End(t, plan.ID, run.PlannedOnly)
	w.eventually(p.Number, "terrace", "success: 1 of 1 succeeded")
	w.waitsFor()
}
