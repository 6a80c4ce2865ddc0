package source_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/build"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/source"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Extract implements build.Commits with the repository of the bench.
func (b *bench) Extract(ctx context.Context, _ kernel.Scope, _, commit, dir string) error {
	return b.vcs.Files(b.repo).Extract(ctx, commit, dir)
}

// BuildWithin implements build.Builder: what has a file named broken does not build,
// and one named slow takes too long.
func (b *bench) BuildWithin(_ context.Context, limit build.Limit, _ kernel.Scope, root, folder string, said io.Writer) (kernel.Digest, error) {
	b.built = append(b.built, folder)
	dir := filepath.Join(root, folder)
	if _, err := os.Stat(filepath.Join(dir, "broken")); err == nil {
		_, _ = fmt.Fprintln(said, "main.go does not compile")
		return "", kernel.Errorf(kernel.Invalid, "the service does not build").WithProblems(kernel.Problem{File: folder + "/main.go", Line: 3, Column: 2, Message: "undefined: x"})
	}
	if _, err := os.Stat(filepath.Join(dir, "slow")); err == nil {
		return "", limit.Or(build.Limit{Time: 10 * time.Minute, Of: "buildTime of the configuration"}).Exceeded()
	}
	text, err := os.ReadFile(filepath.Join(dir, "main.go"))
	return kernel.DigestOf(text), err
}

// next builds what waits.
func (b *bench) next() {
	b.t.Helper()
	if did, err := b.builds.Next(b.t.Context()); err != nil || !did {
		b.t.Fatalf("nothing was built: %v", err)
	}
}

const ordersSource = "projects/shop/workloads/orders/src/main.go"

func TestAFolderIsBuiltFromTheCommit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.push(map[string]string{orders: vcstest.Score("orders", "./src"), ordersSource: "package main"})
		b.add(nil)
		d := b.reconcile()
		if p := d.Objects[0].Problems; states(d) != "workload shop/orders failed" || len(p) != 1 || p[0].Line != 6 || !strings.Contains(p[0].Fix, "terrace source trust platform --build") {
			t.Fatalf("untrusted: %s %+v", states(d), p)
		}
		if _, err := b.TrustBuilds(b.as("dev"), acme, "platform", true, 0, "I like it"); !kernel.Is(err, kernel.Denied) {
			t.Errorf("a developer trusts it: %v", err)
		}
		if _, err := b.TrustBuilds(b.as("admin"), acme, "platform", true, 0, "only the platform team merges there"); err != nil {
			t.Fatal(err)
		}
		if d = b.reconcile(); states(d) != "workload shop/orders progressing" || d.Objects[0].Message != "building main from projects/shop/workloads/orders/src" || len(b.runs.asked) != 0 {
			t.Fatalf("%s: %+v", states(d), d.Objects[0])
		}
		b.next()
		if d = b.details(); d.Objects[0].Images[0].State != "succeeded" {
			t.Errorf("at once: %+v", d.Objects[0].Images)
		}
		if b.reconcile(); len(b.runs.asked) != 1 || b.runs.artifacts["main"] != kernel.DigestOf([]byte("package main")) {
			t.Fatalf("asked for %v with %v", b.runs.asked, b.runs.artifacts)
		}
		b.runs.end("orders", "dev", run.Succeeded)
		b.push(map[string]string{"README.md": "hello\n"})
		if d = b.reconcile(); d.Source.Status.Phase != source.Ready || len(b.built) != 1 || len(b.runs.asked) != 1 {
			t.Errorf("another file: %+v, built %v, asked for %v", d.Source.Status, b.built, b.runs.asked)
		}
		b.push(map[string]string{ordersSource: "package main // 2"})
		b.reconcile()
		b.next()
		if b.reconcile(); len(b.built) != 2 || len(b.runs.asked) != 2 || b.runs.artifacts["main"] != kernel.DigestOf([]byte("package main // 2")) {
			t.Errorf("a change: built %v, asked for %v with %v", b.built, b.runs.asked, b.runs.artifacts)
		}
		if n := len(b.facts.Of("build.succeeded")); n != 2 || len(b.facts.Of("build.started")) != 2 {
			t.Errorf("told of %d builds", n)
		}
	})
}

var acme = kernel.Scope{Tenant: "acme"}

func TestABuildThatFailsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		const folder = "projects/shop/workloads/orders/src/"
		b.push(map[string]string{
			orders: vcstest.Score("orders", "./src"), folder + "main.go": "package main", folder + "broken": "x",
			"projects/shop/workloads/web/score.yaml": vcstest.Score("web", "nginx:1.27"),
		})
		b.add(func(n *source.Source) { n.Builds = true })
		if d := b.reconcile(); d.Source.Status.Message != "1 run is on its way, 1 workload is being built" {
			t.Errorf("told is %q", d.Source.Status.Message)
		}
		if len(b.runs.asked) != 1 {
			t.Errorf("the other one waits: %v", b.runs.asked)
		}
		b.next()
		for range 2 { // what failed is not built again by itself
			d := b.reconcile()
			if got := states(d); got != "workload shop/orders failed, workload shop/web progressing" || len(b.built) != 1 {
				t.Fatalf("%s, built %v", got, b.built)
			}
			o := d.Objects[0]
			if len(o.Problems) != 2 || o.Problems[1].File != folder+"main.go" || o.Problems[1].Line != 3 || o.Images[0].Output != "main.go does not compile" {
				t.Errorf("told is %+v, %+v", o.Problems, o.Images)
			}
		}
		if _, err := b.Sync(b.as("admin"), acme, "platform"); err != nil {
			t.Fatal(err)
		}
		b.reconcile()
		b.next()
		if d := b.reconcile(); len(b.built) != 2 || states(d) != "workload shop/orders failed, workload shop/web progressing" {
			t.Errorf("built %v, %s", b.built, states(d))
		}
		b.push(map[string]string{folder + "broken": ""})
		b.reconcile()
		b.next()
		if d := b.reconcile(); len(b.runs.asked) != 2 || states(d) != "workload shop/orders progressing, workload shop/web progressing" {
			t.Errorf("mended: asked for %v, %s", b.runs.asked, states(d))
		}
	})
}

// TestABuildThatTakesTooLong says whose limit that was, and how it is raised.
func TestABuildThatTakesTooLong(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		const folder = "projects/shop/workloads/orders/src/"
		b.push(map[string]string{orders: vcstest.Score("orders", "./src"), folder + "main.go": "package main", folder + "slow": "x"})
		b.add(func(n *source.Source) { n.Builds = true })
		b.reconcile()
		b.next()
		if p := b.reconcile().Objects[0].Problems; len(p) != 1 || !strings.Contains(p[0].Message, "longer than 10m0s, buildTime of the configuration") ||
			!strings.Contains(p[0].Fix, "raise buildTime in the configuration; or for this source alone, an admin raises it with terrace source trust platform --build --build-time") {
			t.Errorf("%+v", p)
		}
		if _, err := b.TrustBuilds(b.as("admin"), acme, "platform", true, stage.Duration(time.Millisecond), "faster"); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("a build of a millisecond: %v", err)
		}
		if _, err := b.TrustBuilds(b.as("admin"), acme, "platform", true, stage.Duration(20*time.Minute), "it is large"); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Sync(b.as("admin"), acme, "platform"); err != nil {
			t.Fatal(err)
		}
		b.reconcile()
		b.next()
		if p := b.reconcile().Objects[0].Problems; len(p) != 1 || !strings.Contains(p[0].Message, "longer than 20m0s, the build time of the source platform") || strings.Contains(p[0].Fix, "configuration") {
			t.Errorf("%+v", p)
		}
	})
}

// TestCodeFromOutsideOfTheFolder counts as a change of it.
func TestCodeFromOutsideOfTheFolder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		const folder = "projects/shop/workloads/orders/src/"
		b.push(map[string]string{
			orders: vcstest.Score("orders", "./src"), folder + "main.go": "package main",
			folder + "go.mod": "module orders\n\ngo 1.26\n\nreplace example.com/lib => ../../../../../lib\n", "lib/lib.go": "package lib",
		})
		b.add(func(n *source.Source) { n.Builds = true })
		b.reconcile()
		b.next()
		b.push(map[string]string{"lib/lib.go": "package lib // 2"})
		b.reconcile()
		if b.next(); len(b.built) != 2 {
			t.Errorf("built %v", b.built)
		}
	})
}
