package apispecvcs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestAPushUploadsAndPublishes: with the commit as origin, and nothing anew for a push
// that leaves the document as it was.
func TestAPushUploadsAndPublishes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.push(b.repo, "main", map[string]string{"apis.yaml": file, "api/orders.yaml": document()})
	f := b.follow("orders")
	if f.Commit != first || len(f.Problems) != 0 || len(f.Versions) != 1 || f.Versions[0].Revision != 1 || f.Versions[0].Stage != "dev" || f.Branch != "main" {
		t.Fatalf("%+v", f)
	}
	r, err := b.apis.Revision(as(t, "developer"), v1, 1)
	if err != nil || r.Origin != "orders api/orders.yaml at "+first || r.By != "developer" {
		t.Errorf("%+v %v", r, err)
	}
	second := b.push(b.repo, "main", map[string]string{"README.md": "orders\n"})
	b.at("orders", second)
	if n := len(b.Facts.Of("api.published")); n != 1 {
		t.Errorf("%d times published", n)
	}
	third := b.push(b.repo, "main", map[string]string{"api/orders.yaml": document(tagged)})
	if f := b.at("orders", third); f.Versions[0].Revision != 2 || b.standing("dev").Revision != 2 {
		t.Errorf("%+v %+v", f, b.standing("dev"))
	}
	b.push(b.repo, "work", map[string]string{"api/orders.yaml": document("      description: All.\n")})
	b.git("checkout", "-q", "main")
	b.at("orders", b.push(b.repo, "main", map[string]string{"README.md": "orders!\n"}))
	if got := b.standing("dev"); got.Revision != 2 || got.PublishedBy != "developer" {
		t.Errorf("another branch was followed, or nobody published: %+v", got)
	}
}

// TestWhatIsWrongIsToldAtItsPlace, and keeps nothing else from being taken.
func TestWhatIsWrongIsToldAtItsPlace(t *testing.T) {
	t.Parallel()
	good := "  - {api: fine, version: v1, document: api/orders.yaml}\n"
	cases := map[string]struct {
		files    map[string]string
		says     []string
		versions int
	}{
		"no file":          {map[string]string{"a": "b"}, []string{"apis.yaml:1:1", "there is no file apis.yaml"}, 0},
		"no YAML":          {map[string]string{"apis.yaml": "apis: [\n"}, []string{"apis.yaml:"}, 0},
		"nothing in it":    {map[string]string{"apis.yaml": "x: 1\n"}, []string{"apis.yaml:1:1", "x"}, 0},
		"no version":       {map[string]string{"apis.yaml": "apis:\n  - {api: orders, document: a.yaml}\n"}, []string{"apis.yaml:2:5", "version"}, 0},
		"another word":     {map[string]string{"apis.yaml": "apis:\n  - {api: orders, version: v1, document: a.yaml, stage: prod}\n"}, []string{"apis.yaml:2:", "stage"}, 0},
		"no name":          {map[string]string{"apis.yaml": "apis:\n  - {api: Orders, version: v1, document: a.yaml}\n"}, []string{"apis.yaml:2:5", "cannot be named so"}, 0},
		"out of it":        {map[string]string{"apis.yaml": "apis:\n  - {api: orders, version: v1, document: ../a.yaml}\n"}, []string{"apis.yaml:2:5", "leads out of the repository"}, 0},
		"twice":            {map[string]string{"apis.yaml": "apis:\n" + good + good}, []string{"apis.yaml:3:5", "a second time"}, 0},
		"no such document": {map[string]string{"apis.yaml": "apis:\n  - {api: orders, version: v1, document: a.yaml}\n" + good, "api/orders.yaml": document()}, []string{"apis.yaml:2:5", "there is no file a.yaml"}, 1},
		"no document":      {map[string]string{"apis.yaml": "apis:\n  - {api: orders, version: v1, document: a.yaml}\n" + good, "a.yaml": "openapi: 3.1.0\nx\n", "api/orders.yaml": document()}, []string{"a.yaml:"}, 1},
		"against the style guide": {
			map[string]string{"apis.yaml": "apis:\n  - {api: orders, version: v1, document: a.yaml, publish: true}\n" + good, "a.yaml": strings.Replace(document(), "      operationId: listOrders\n", "", 1), "api/orders.yaml": document()},
			[]string{"apis.yaml:2:5", "breaks the style guide", "a.yaml:6:5"},
			2,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.push(b.repo, "main", c.files)
			f := b.follow("orders")
			said := told(f.Problems)
			for _, want := range c.says {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not in\n%s", want, said)
				}
			}
			if len(f.Versions) != c.versions {
				t.Errorf("%+v", f.Versions)
			}
		})
	}
}

// TestAPushDoesNotBreakClients, and brings nothing back that is retired.
func TestAPushDoesNotBreakClients(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.push(b.repo, "main", map[string]string{"apis.yaml": file, "api/orders.yaml": document()})
	b.follow("orders")
	f := b.at("orders", b.push(b.repo, "main", map[string]string{"api/orders.yaml": document(colour)}))
	if said := told(f.Problems); !strings.Contains(said, "breaks clients of revision 1 on dev") || !strings.Contains(said, "api/orders.yaml:11:12") {
		t.Errorf("%s", said)
	}
	if got := b.standing("dev"); got.Revision != 1 || f.Versions[0].Revision != 2 || f.Versions[0].Stage != "" {
		t.Errorf("%+v %+v", got, f)
	}
	if all, err := b.following.Followed(as(t, "mallory"), vcstest.Shop()); err != nil || len(all) != 1 || len(all[0].Problems) != 0 {
		t.Errorf("who does not see the stage is told of it: %+v %v", all, err)
	}
	o, err := b.apis.RequestOverride(as(t, "developer"), v1, "dev", 2, "they moved")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.apis.ApproveOverride(as(t, "admin"), vcstest.Shop(), o.ID, ""); err != nil {
		t.Fatal(err)
	}
	if f := b.follow("orders"); len(f.Problems) != 0 || b.standing("dev").Revision != 2 {
		t.Errorf("after the approval: %+v", f)
	}
}

func TestARepositoryIsFollowedByWhoMayPublish(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	commit := b.push(b.repo, "main", map[string]string{"apis.yaml": file, "api/orders.yaml": document()})
	ctx := as(t, "developer")
	if _, err := b.following.Follow(as(t, "eve"), vcstest.Shop(), "orders", "", ""); !kernel.Is(err, kernel.Denied) {
		t.Errorf("%v", err)
	}
	for what, err := range map[string]error{
		"no repository": second(b.following.Follow(ctx, vcstest.Shop(), "nothing", "", "")),
		"not followed":  b.following.Unfollow(ctx, vcstest.Shop(), "orders"),
	} {
		if !kernel.Is(err, kernel.NotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, err := range map[string]error{
		"a branch": second(b.following.Follow(ctx, vcstest.Shop(), "orders", "-x", "")),
		"a file":   second(b.following.Follow(ctx, vcstest.Shop(), "orders", "", "../apis.yaml")),
	} {
		if !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	b.follow("orders")
	if err := b.Delete(as(t, "admin"), vcstest.Shop(), "orders"); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("it was deleted: %v", err)
	}
	other := b.create("other")
	b.push(other, "main", map[string]string{"README.md": "other\n"})
	if f := b.follow("other"); !strings.Contains(told(f.Problems), "are those of the repository orders") || len(f.Versions) != 0 {
		t.Errorf("two have one version: %+v", f)
	}
	if err := b.following.Unfollow(ctx, vcstest.Shop(), "orders"); err != nil {
		t.Fatal(err)
	}
	if f := b.follow("other"); len(f.Problems) != 0 {
		t.Errorf("%+v", f)
	}
	if got := b.standing("dev"); got.Revision != 1 {
		t.Errorf("what was taken does not stay: %+v at %s", got, commit)
	}
	if n := len(b.Facts.Of("api.repository_followed")); n != 2 {
		t.Errorf("%d facts", n)
	}
}

func second[T any](_ T, err error) error { return err }

// TestAPullRequestIsChecked by the style guide and by what is published, at the place
// in the file.
func TestAPullRequestIsChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.push(b.repo, "main", map[string]string{"apis.yaml": file, "api/orders.yaml": document()})
	b.follow("orders")
	propose := func(branch string, files map[string]string) (int, string) {
		t.Helper()
		b.git("checkout", "-q", "main")
		commit := b.push(b.repo, branch, files)
		p, err := b.Propose(as(t, "developer"), vcstest.Shop(), "orders", vcs.Proposal{Source: branch, Title: branch})
		if err != nil {
			t.Fatal(err)
		}
		return p.Number, commit
	}
	for branch, c := range map[string]struct {
		files map[string]string
		state vcs.CheckState
		says  []string
	}{
		"fine":    {map[string]string{"api/orders.yaml": document(tagged)}, vcs.Succeeded, []string{"can be published"}},
		"broken":  {map[string]string{"api/orders.yaml": document(colour)}, vcs.Failed, []string{"api/orders.yaml:11:12", "GET /orders", "it breaks clients of revision 1 on dev"}},
		"gone":    {map[string]string{"api/orders.yaml": strings.Replace(document(), "  /orders:", "  /others:", 1)}, vcs.Failed, []string{"api/orders.yaml:4:1", "GET /orders"}},
		"unnamed": {map[string]string{"api/orders.yaml": strings.Replace(document(), "      operationId: listOrders\n", "", 1)}, vcs.Failed, []string{"api/orders.yaml:6:5", "operation-id"}},
		"wrong":   {map[string]string{"apis.yaml": "apis: 1\n"}, vcs.Failed, []string{"apis.yaml:1:7"}},
	} {
		number, commit := propose(branch, c.files)
		got := b.checked(number, commit)
		if got.State != c.state {
			t.Errorf("%s: %+v", branch, got)
		}
		for _, want := range c.says {
			if !strings.Contains(got.Message, want) {
				t.Errorf("%s: %q is not in\n%s", branch, want, got.Message)
			}
		}
	}
	pull := vcs.PullRequest{Repository: b.repo.ID, Scope: b.repo.Scope, Target: "main", Head: b.git("rev-parse", "broken")}
	for what, c := range map[string]struct {
		target  string
		changed []string
	}{"another branch": {"release", []string{"api/orders.yaml"}}, "other files": {"main", []string{"README.md"}}} {
		pull.Target = c.target
		if all, err := b.following.Review(t.Context(), b.repo, pull, "", c.changed); err != nil || len(all) != 0 {
			t.Errorf("%s: %+v %v", what, all, err)
		}
	}
	pull.Target = "main"
	if _, _, err := b.apis.Upload(as(t, "developer"), v1, document(colour), ""); err != nil {
		t.Fatal(err)
	}
	o, err := b.apis.RequestOverride(as(t, "developer"), v1, "dev", 0, "they moved")
	if err == nil {
		_, err = b.apis.ApproveOverride(as(t, "admin"), vcstest.Shop(), o.ID, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	all, err := b.following.Review(t.Context(), b.repo, pull, "", []string{"api/orders.yaml"})
	if err != nil || len(all) != 1 || len(all[0].Problems) != 0 || !strings.Contains(all[0].Report, "was approved") {
		t.Errorf("what was approved fails: %+v %v", all, err)
	}
}

// TestRetiredStaysRetired although a file asks for it to be published.
func TestRetiredStaysRetired(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.push(b.repo, "main", map[string]string{"apis.yaml": file, "api/orders.yaml": document()})
	b.follow("orders")
	b.at("orders", b.push(b.repo, "main", map[string]string{"notes.md": "nothing of an API"})) // the first push was looked at, too
	st := b.standing("dev")
	st.State = apispec.Retired
	if err := b.apis.Store.PutStanding(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	f := b.at("orders", b.push(b.repo, "main", map[string]string{"api/orders.yaml": document(tagged)}))
	if !strings.Contains(told(f.Problems), "is retired on dev") || b.standing("dev").State != apispec.Retired {
		t.Errorf("%+v", f)
	}
}

// TestTooManyAPIs are told at the first beyond.
func TestTooManyAPIs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var all strings.Builder
	all.WriteString("apis:\n")
	for i := range 52 {
		fmt.Fprintf(&all, "  - {api: a%d, version: v1, document: api/orders.yaml}\n", i)
	}
	b.push(b.repo, "main", map[string]string{"apis.yaml": all.String()})
	if f := b.follow("orders"); len(f.Problems) != 1 || !strings.Contains(told(f.Problems), "apis.yaml:52:5") {
		t.Errorf("%s", told(f.Problems))
	}
}
