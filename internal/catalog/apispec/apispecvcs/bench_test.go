package apispecvcs_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/apispecsql"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/apispecvcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// document is an API of one operation; what may be in it as another line.
func document(lines ...string) string {
	return `openapi: 3.1.0
info: {title: Orders, version: '1', description: Orders.}
security: []
paths:
  /orders:
    get:
      operationId: listOrders
      summary: List
      parameters:
        - {name: limit, in: query, description: How many., schema: {type: integer, maximum: 100}}
` + strings.Join(lines, "") + `      responses:
        '200': {description: ok}
`
}

const (
	colour = "        - {name: colour, in: query, required: true, description: Which., schema: {type: string}}\n"
	tagged = "      tags: [orders]\n"
	file   = "apis:\n  - {api: orders, version: v1, document: api/orders.yaml, publish: true}\n"
)

var v1 = apispec.Key{Tenant: "acme", Project: "shop", API: "orders", Version: "v1"}

// people may do all, but for eve and strangers to the tenant.
type people struct{}

func (people) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	if a, _ := kernel.ActorFrom(ctx); a.Tenant != scope.Tenant || a.Name == "eve" {
		return kernel.Errorf(kernel.Denied, "%s is denied", action)
	}
	return nil
}

// Allowed reaches all, and of mallory's nothing but prod.
func (people) Allowed(ctx context.Context, _ string, _ kernel.Scope) (kernel.Reach, error) {
	if a, _ := kernel.ActorFrom(ctx); a.Name == "mallory" {
		return kernel.Reach{Stages: []kernel.Scope{{Tenant: "acme", Project: "shop", Stage: "prod"}}}, nil
	}
	return kernel.Reach{All: true}, nil
}

type stages struct{}

func (stages) Check(string) error { return nil }

type bench struct {
	*vcstest.Bench
	t         *testing.T
	apis      *apispec.Service
	following *apispecvcs.Service
	repo      vcs.Repository
	dir       string
}

func (stages) Approved(string) bool { return false }

func newBench(t *testing.T) *bench {
	t.Helper()
	d := dbtest.SQLite(t, vcssql.Migrations(), apispecsql.Migrations())
	b := &bench{Bench: vcstest.On(t, d, nil), t: t, dir: t.TempDir()}
	store := apispecsql.NewStore(d)
	b.apis = apispec.New(apispec.Config{Store: store, Decisions: store, Traffic: store, Stages: stages{}, Authorizer: people{}, Journal: b.Facts, Tx: d})
	b.following = apispecvcs.New(apispecvcs.Config{
		Store: store, APIs: b.apis, Repositories: b.Service, First: func() string { return "dev" }, Authorizer: people{}, Journal: b.Facts, Tx: d,
	})
	b.Listeners, b.Reviewers = append(b.Listeners, b.following), append(b.Reviewers, b.following)
	b.repo = b.create("orders")
	b.git("init", "-q", "-b", "main")
	b.Watch(t)
	return b
}

func (b *bench) create(name string) vcs.Repository {
	b.t.Helper()
	r, err := b.Create(as(b.t, "developer"), vcstest.Shop(), vcs.NewRepository{Name: name})
	if err != nil {
		b.t.Fatal(err)
	}
	return r
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

// push commits files to a branch of a repository as a developer does; an empty one is removed.
func (b *bench) push(r vcs.Repository, branch string, files map[string]string) string {
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
	b.git("commit", "-q", "--allow-empty", "-m", "change "+branch)
	commit := b.git("rev-parse", branch)
	before, err := b.Files(r).Ref(b.t.Context(), "refs/heads/"+branch)
	if err != nil {
		b.t.Fatal(err)
	}
	err = b.Push(as(b.t, "developer"), r, []vcs.Push{{Ref: "refs/heads/" + branch, Before: before, After: commit}}, func(context.Context) error {
		b.git("push", "-q", "--force", b.Files(r).Dir, branch)
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return commit
}

// follow has a repository followed.
func (b *bench) follow(name string) apispecvcs.Following {
	b.t.Helper()
	f, err := b.following.Follow(as(b.t, "developer"), vcstest.Shop(), name, "", "")
	if err != nil {
		b.t.Fatal(err)
	}
	return f
}

// at waits until a commit was looked at.
func (b *bench) at(name, commit string) apispecvcs.Following {
	b.t.Helper()
	var out apispecvcs.Following
	vcstest.Eventually(b.t, "the commit is looked at", func() bool {
		all, err := b.following.Followed(as(b.t, "developer"), vcstest.Shop())
		if err != nil {
			b.t.Fatal(err)
		}
		for _, f := range all {
			if f.Repository == name {
				out = f
			}
		}
		return out.Commit == commit
	})
	return out
}

func (b *bench) standing(stage string) apispec.Standing {
	b.t.Helper()
	a, err := b.apis.Get(as(b.t, "developer"), v1)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, st := range a.Stages {
		if st.Stage == stage {
			return st
		}
	}
	return apispec.Standing{}
}

// told are problems as people read them.
func told(problems []kernel.Problem) string {
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// checked waits for the check of a pull request at a commit.
func (b *bench) checked(number int, commit string) vcs.Check {
	b.t.Helper()
	var out vcs.Check
	vcstest.Eventually(b.t, "it is checked", func() bool {
		all, err := b.Store.Checks(b.t.Context(), b.repo.Scope, b.repo.ID, number)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, c := range all {
			if c.Kind == vcs.ReviewCheck && c.Binding == "apis" && c.Commit == commit {
				out = c
			}
		}
		return out.ID != ""
	})
	return out
}
