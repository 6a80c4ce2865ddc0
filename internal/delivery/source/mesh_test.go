package source_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/source"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/fabric/ownership"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	meshDocs  = "projects/shop/mesh/"
	meshInDev = meshDocs + "stages/dev/"
)

func callers(name, from string) string {
	return "apiVersion: mesh.terrace.dev/v1\nkind: AuthorizationPolicy\nmetadata: {name: " + name + "}\nspec: {targetRef: {name: " + name + "}, rules: [{from: [{workload: " + from + "}]}]}\n"
}

func proven(mtls string) string {
	return "apiVersion: mesh.terrace.dev/v1\nkind: Mesh\nmetadata: {name: default}\nspec: {mtls: " + mtls + "}\n"
}

// meshed lists the documents of the stage dev with their owners.
func (b *bench) meshed() string {
	b.t.Helper()
	page, err := b.mesh.Documents(b.as("admin"), dev(), "", kernel.PageRequest{})
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, p := range page.Items {
		out = append(out, strings.TrimSpace(p.Kind+" "+p.Name+" "+p.Owner))
	}
	return strings.Join(out, ", ")
}

func (b *bench) applyMesh(doc string, o mesh.Options) ([]mesh.Change, error) {
	return b.mesh.Apply(b.as("admin"), dev(), []meshdoc.File{{Name: "m.yaml", Source: doc}}, o)
}

func TestTheMeshFollowsAFolder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		commit := b.push(map[string]string{
			meshInDev + "mesh.yaml": proven("strict") + "---\n" + callers("orders", "web"), meshDocs + "README.md": "notes\n",
			docs + "all.yaml": headerDoc("everywhere", "{noSniff: true}"),
		})
		b.add(nil)
		d := b.reconcile()
		if got := states(d); got != "gateway shop/platform synced, mesh shop/platform synced" || d.Objects[1].Message != "2 documents" ||
			b.meshed() != "AuthorizationPolicy orders git/platform, Mesh default git/platform" || !b.mesh.Table(dev()).Strict() {
			t.Fatalf("%s: %s: %s", got, b.meshed(), problems(d))
		}
		if told := b.facts.Of("mesh-policy.changed"); len(told) != 2 || told[0].Reason != "commit "+commit+" of platform" {
			t.Errorf("told %+v", told)
		}

		// All of a folder comes about, or none of it.
		b.push(map[string]string{meshInDev + "mesh.yaml": proven("off"), meshInDev + "b.yaml": strings.Replace(callers("stock", "web"), "workload: web", "service: web", 1)})
		d = b.reconcile()
		if got := problems(d); !strings.Contains(got, meshInDev+"b.yaml:4:") || d.Source.Status.Phase != source.Failed || strings.Count(b.meshed(), "git/platform") != 2 || !b.mesh.Table(dev()).Strict() {
			t.Fatalf("%s: %s", b.meshed(), got)
		}

		// What is gone is removed, and nothing else; what is there just so becomes the source's.
		if _, err := b.applyMesh(callers("mine", "web")+"---\n"+callers("stock", "web"), mesh.Options{}); err != nil {
			t.Fatal(err)
		}
		b.push(map[string]string{meshInDev + "mesh.yaml": proven("strict"), meshInDev + "b.yaml": callers("stock", "web")})
		if d = b.reconcile(); b.meshed() != "AuthorizationPolicy mine, AuthorizationPolicy stock git/platform, Mesh default git/platform" || d.Source.Status.Phase != source.Ready {
			t.Fatalf("%s: %s", b.meshed(), problems(d))
		}
		b.push(map[string]string{meshInDev + "mesh.yaml": ""})
		if b.reconcile(); b.meshed() != "AuthorizationPolicy mine, AuthorizationPolicy stock git/platform" || b.mesh.Table(dev()).Strict() {
			t.Fatalf("%s", b.meshed())
		}
		if err := b.Service.Remove(b.as("admin"), kernel.Scope{Tenant: "acme"}, "platform"); err != nil || b.meshed() != "AuthorizationPolicy mine, AuthorizationPolicy stock" {
			t.Fatalf("a source that is removed lets go: %s, %v", b.meshed(), err)
		}
		if _, err := b.applyMesh(callers("stock", "cart"), mesh.Options{}); err != nil {
			t.Errorf("what is nobody's is changed by hand: %v", err)
		}
	})
}

func TestTheMeshsFolderByHand(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.push(map[string]string{meshInDev + "a.yaml": proven("strict") + "---\n" + callers("orders", "web")})
		b.add(nil)
		b.reconcile()
		const refusal = "AuthorizationPolicy orders is kept as it is by the source platform"
		if _, err := b.applyMesh(callers("orders", "cart"), mesh.Options{}); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), refusal) || !strings.Contains(err.Error(), "--owned") {
			t.Errorf("by hand: %v", err)
		}
		if _, err := b.mesh.Remove(b.as("admin"), dev(), meshdoc.KindAuthorization, "orders", mesh.Options{}); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), refusal) {
			t.Errorf("removed by hand: %v", err)
		}
		if changes, err := b.applyMesh(callers("orders", "web"), mesh.Options{}); err != nil || changes[0].Outcome != mesh.Unchanged {
			t.Errorf("what says the same is refused: %+v, %v", changes, err)
		}
		changes, err := b.applyMesh(callers("orders", "cart"), mesh.Options{Owned: true})
		if err != nil || !strings.Contains(changes[0].Note, "the source's next reconciliation changes it back") {
			t.Fatalf("%+v, %v", changes, err)
		}
		if _, err := b.mesh.Remove(b.as("admin"), dev(), meshdoc.KindMesh, "default", mesh.Options{Owned: true}); err != nil {
			t.Fatal(err)
		}
		diff, err := b.Diff(b.as("admin"), kernel.Scope{Tenant: "acme"}, "platform")
		if err != nil || diff.Changes[0].Action != source.Heal || len(diff.Changes[0].Documents) != 2 || diff.Changes[0].Documents[0].Outcome != source.DocumentCreated {
			t.Fatalf("%+v, %v", diff, err)
		}
		b.reconcile()
		if p, err := b.mesh.Document(b.as("admin"), dev(), meshdoc.KindAuthorization, "orders"); err != nil || p.Authorization.Rules[0].From[0].Workload != "web" || !b.mesh.Table(dev()).Strict() {
			t.Errorf("it is not put back: %+v, %v", p, err)
		}
	})
}

func TestWhatADocumentOfTheMeshMayNot(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		other := ownership.Keeping{Scope: dev().InStage(""), Owner: ownership.Git("other"), Commit: "c0ffee"}
		if _, err := b.mesh.Keep(b.as("admin"), other, []meshdoc.File{{Source: callers("theirs", "web"), Stage: "dev"}}); err != nil {
			t.Fatal(err)
		}
		b.add(nil)
		for name, tt := range map[string]struct{ file, doc, want string }{
			"another source's":     {meshInDev + "x.yaml", callers("theirs", "cart"), "x.yaml:3:12: metadata.name: AuthorizationPolicy theirs is kept by the source other"},
			"another project's":    {meshInDev + "x.yaml", strings.Replace(callers("a", "b"), "{name: a}", "{name: a, project: bank}", 1), `x.yaml:3:21: metadata.project: the document is of the project "bank", its place is that of "shop"`},
			"another tenant's":     {meshInDev + "x.yaml", strings.Replace(callers("a", "b"), "workload: b", "spiffeId: spiffe://localhost/tenant/bank/*", 1), "is no workload of the tenant"},
			"of no stage":          {meshDocs + "x.yaml", callers("a", "b"), "x.yaml:3:12: metadata.name: AuthorizationPolicy a is of no stage"},
			"of no project":        {"mesh/x.yaml", callers("a", "b"), "mesh/x.yaml:1:1: documents of the mesh are of a project"},
			"a stage there is not": {meshDocs + "stages/moon/x.yaml", callers("a", "b"), "moon"},
		} {
			b.push(map[string]string{tt.file: tt.doc})
			d := b.reconcile()
			if got := problems(d); !strings.Contains(got, tt.want) || d.Source.Status.Phase != source.Failed || b.meshed() != "AuthorizationPolicy theirs git/other" {
				t.Errorf("%s: %q: %s", name, got, b.meshed())
			}
			b.push(map[string]string{tt.file: ""})
		}
	})
}

func TestPullRequestsAreHeldAgainstTheMesh(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.push(map[string]string{meshInDev + "a.yaml": callers("orders", "web"), meshInDev + "b.yaml": proven("strict")})
		b.add(nil)
		b.reconcile()
		b.git("checkout", "-q", "-B", "change", "origin/main")
		head := b.pushTo("change", map[string]string{meshInDev + "a.yaml": callers("orders", "cart"), meshInDev + "b.yaml": "", docs + "all.yaml": headerDoc("everywhere", "{noSniff: true}")})
		got, err := b.Review(t.Context(), b.repo, vcs.PullRequest{Head: head, Target: "main"}, "", []string{meshInDev + "a.yaml", meshInDev + "b.yaml", docs + "all.yaml"})
		if err != nil || len(got) != 2 || got[0].Name != "gateway/platform" || got[1].Name != "mesh/platform" || len(got[1].Problems) > 0 {
			t.Fatalf("%+v, %v", got, err)
		}
		for _, want := range []string{"| AuthorizationPolicy orders | shop/dev | changed |", "| Mesh default | shop/dev | deleted |", "the mesh of the stage is not strict"} {
			if !strings.Contains(got[1].Report, want) {
				t.Errorf("nothing tells %q: %s", want, got[1].Report)
			}
		}
		if b.meshed() != "AuthorizationPolicy orders git/platform, Mesh default git/platform" {
			t.Errorf("a pull request changes %s", b.meshed())
		}
	})
}
