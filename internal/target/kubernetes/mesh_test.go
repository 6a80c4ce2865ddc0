package kubernetes_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	git "github.com/go-git/go-git/v5"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/kubernetes"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/manifest"
)

const (
	strict = "apiVersion: mesh.terrace.dev/v1\nkind: Mesh\nmetadata: {name: default}\nspec: {mtls: strict}\n"
	allow  = "apiVersion: mesh.terrace.dev/v1\nkind: AuthorizationPolicy\nmetadata: {name: orders}\nspec: {targetRef: {kind: Service, name: orders}, rules: [{from: [{workload: web}], paths: [/o/*]}]}\n"
	share  = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: orders}\nspec: {parentRefs: [{kind: Service, name: orders}], rules: [{backendRefs: [{name: orders, weight: 9}, {name: orders-next, weight: 1}]}]}\n"
)

// policies are the documents in force; tests change them.
type policies struct {
	docs []meshdoc.Document
	// read is called once, when the documents have been read.
	read func()
}

func (p *policies) Of(context.Context, kernel.Scope) ([]meshdoc.Document, error) {
	docs, read := p.docs, p.read
	if p.read = nil; read != nil {
		read()
	}
	return docs, nil
}

func (p *policies) are(t *testing.T, sources ...string) {
	t.Helper()
	var err error
	if p.docs, err = meshdoc.Read(meshdoc.File{Name: "mesh.yaml", Source: strings.Join(sources, "---\n")}); err != nil {
		t.Fatal(err)
	}
}

// meshedService returns a Service whose stage dev is on a cluster with a mesh.
func meshedService(dir, mesh string, p *policies, change ...func(*kubernetes.Stage)) *kubernetes.Service {
	st := kubernetes.Stage{Gateway: manifest.Gateway{Name: "public", Namespace: "gateways"}, Mesh: kubernetes.Mesh{Kind: mesh, TrustDomain: "prod.example"}}
	for _, c := range change {
		c(&st)
	}
	return kubernetes.New(kubernetes.Config{Dir: dir, Stage: func(name string) (kubernetes.Stage, bool) { return st, name == "dev" }, Policies: p})
}

// judged is what the cluster's mesh says to the documents.
func judged(t *testing.T, s *kubernetes.Service, scope kernel.Scope, p *policies) error {
	t.Helper()
	judge, err := s.JudgeMesh(t.Context(), scope)
	if err != nil {
		return err
	}
	return judge(p.docs)
}

func listening(port string) json.RawMessage {
	return json.RawMessage(`{"manifests":"as rendered","release":"rel_1","containers":{"main":{"image":"registry.example.com/a:1",
		"liveness":{"http":{"path":"/healthz","port":8080}}}},"ports":{"web":{"port":` + port + `,"target_port":8080}},"scaling":{},"security":{}}`)
}

func TestDocumentsOfTheMeshLieBesideTheWorkloads(t *testing.T) {
	t.Parallel()
	dir, p := t.TempDir(), &policies{}
	p.are(t, strict, allow, share)
	s := meshedService(dir, kubernetes.Linkerd, p)
	if err := s.PutMesh(t.Context(), scope()); err != nil { // nothing is deployed
		t.Fatal(err)
	}
	if _, err := s.Apply(asRun(t.Context()), scope(), "orders", listening("80")); err != nil {
		t.Fatal(err)
	}
	commits := history(t, own(dir))
	have := files(t, commits[0])
	mesh := have["workloads/dev/shop/mesh.yaml"]
	for _, want := range []string{
		"# waits: rule 1 of HTTPRoute orders, for orders-next to be deployed\n", "web.shop-dev.serviceaccount.identity.linkerd.prod.example", "name: orders.8080\n", "value: /healthz\n",
	} {
		if !strings.Contains(mesh, want) {
			t.Errorf("there is no %q in:\n%s", want, mesh)
		}
	}
	for _, want := range []string{"linkerd.io/inject: enabled", "config.linkerd.io/default-inbound-policy: deny", "pod-security.kubernetes.io/enforce: restricted"} {
		if !strings.Contains(have["workloads/dev/shop/namespace.yaml"], want) {
			t.Errorf("the namespace lacks %q:\n%s", want, have["workloads/dev/shop/namespace.yaml"])
		}
	}
	if len(commits) != 1 {
		t.Errorf("%d commits", len(commits))
	}
	changes, err := s.Preview(t.Context(), scope(), "orders-next", listening("81"))
	if err != nil || !strings.Contains(diffOf(changes, "workloads/dev/shop/mesh.yaml"), "+      port: 81") {
		t.Errorf("%v %v", changes, err)
	}
	if _, err := s.Apply(asRun(t.Context()), scope(), "orders-next", listening("81")); err != nil {
		t.Fatal(err)
	}
	if mesh := files(t, history(t, own(dir))[0])["workloads/dev/shop/mesh.yaml"]; strings.Contains(mesh, "waits") || !strings.Contains(mesh, "port: 81\n") {
		t.Errorf("with both:\n%s", mesh)
	}
	for _, name := range []string{"orders-next", "orders"} {
		if _, gone, err := s.Observe(t.Context(), scope(), name, listening("80")); err != nil || gone {
			t.Errorf("%s: %v %v", name, gone, err)
		}
		if err := s.Remove(t.Context(), scope(), name); err != nil {
			t.Fatal(err)
		}
	}
	if have := files(t, history(t, own(dir))[0]); len(have) != 0 {
		t.Errorf("after the last: %v", have)
	}
}

func diffOf(changes []kubernetes.FileChange, path string) string {
	for _, c := range changes {
		if c.Path == path {
			return c.Diff
		}
	}
	return ""
}

func TestAChangeOfDocumentsIsCommittedByItself(t *testing.T) {
	t.Parallel()
	dir, p := t.TempDir(), &policies{}
	s := meshedService(dir, kubernetes.Istio, p)
	if _, err := s.Apply(t.Context(), scope(), "orders", listening("80")); err != nil {
		t.Fatal(err)
	}
	p.are(t, strict, share)
	for range 2 { // again is no commit
		if err := s.PutMesh(t.Context(), scope()); err != nil {
			t.Fatal(err)
		}
	}
	have := files(t, history(t, own(dir))[0])
	if mesh := have["workloads/dev/shop/mesh.yaml"]; !strings.Contains(mesh, "kind: VirtualService") || !strings.Contains(mesh, "spiffe://prod.example/ns/shop-dev/sa/orders") {
		t.Errorf("there is:\n%s", mesh)
	}
	if !strings.Contains(have["workloads/dev/shop/namespace.yaml"], "istio-injection: enabled") {
		t.Errorf("the namespace is:\n%s", have["workloads/dev/shop/namespace.yaml"])
	}
	if seen, gone, err := s.Observe(t.Context(), scope(), "orders", listening("80")); err != nil || gone || string(seen) != string(listening("80")) {
		t.Errorf("after: %s %v", seen, err)
	}
	p.docs = nil
	if err := s.PutMesh(t.Context(), scope()); err != nil {
		t.Fatal(err)
	}
	commits := history(t, own(dir))
	if _, still := files(t, commits[0])["workloads/dev/shop/mesh.yaml"]; still || len(commits) != 3 || !strings.HasPrefix(commits[0].Message, "the mesh of shop on dev\n") {
		t.Errorf("%d commits, the last %q, and the file is there: %v", len(commits), commits[0].Message, still)
	}
}

func TestWhatTheClustersMeshCannotBeToldIsRefused(t *testing.T) {
	t.Parallel()
	dir, p := t.TempDir(), &policies{}
	s := meshedService(dir, kubernetes.Linkerd, p)
	p.are(t, "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: orders}\nspec: {parentRefs: [{kind: Service, name: orders}], rules: [{retry: {attempts: 1, backoff: 1s}}]}\n")
	if err := judged(t, s, scope(), p); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("error %v", err)
	}
	if _, err := s.Preview(t.Context(), scope(), "orders", listening("80")); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("a plan: error %v", err)
	}
	if err := judged(t, meshedService(dir, "", p), scope(), p); err != nil {
		t.Errorf("without a mesh: %v", err)
	}
}

// TestDocumentsThatChangeDuringADeploymentStay has another daemon commit documents between the
// deployment's look at them and its own commit.
func TestDocumentsThatChangeDuringADeploymentStay(t *testing.T) {
	t.Parallel()
	for name, deploy := range map[string]func(*kubernetes.Service) error{
		"a release": func(s *kubernetes.Service) error {
			_, err := s.Apply(t.Context(), scope(), "orders", listening("81"))
			return err
		},
		"a removal": func(s *kubernetes.Service) error { return s.Remove(t.Context(), scope(), "orders") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, p := t.TempDir(), &policies{}
			p.are(t, allow)
			s, other := meshedService(dir, kubernetes.Linkerd, p), meshedService(dir, kubernetes.Linkerd, p)
			for _, name := range []string{"orders", "web"} {
				if _, err := s.Apply(t.Context(), scope(), name, listening("80")); err != nil {
					t.Fatal(err)
				}
			}
			p.read = func() {
				p.are(t, strict)
				if err := other.PutMesh(t.Context(), scope()); err != nil {
					t.Error(err)
				}
			}
			if err := deploy(s); err != nil {
				t.Fatal(err)
			}
			have := files(t, history(t, own(dir))[0])
			if mesh := have["workloads/dev/shop/mesh.yaml"]; strings.Contains(mesh, "/o/") {
				t.Errorf("what is allowed no more is back:\n%s", mesh)
			}
			if namespace := have["workloads/dev/shop/namespace.yaml"]; !strings.Contains(namespace, "config.linkerd.io/default-inbound-policy: deny") {
				t.Errorf("the mesh is strict no more:\n%s", namespace)
			}
		})
	}
}

// TestWhatAnotherTenantHasInTheRepositoryJudgesNoDocuments has two tenants with a project of one
// name share the stage's repository.
func TestWhatAnotherTenantHasInTheRepositoryJudgesNoDocuments(t *testing.T) {
	t.Parallel()
	path, p := filepath.Join(t.TempDir(), "shared.git"), &policies{}
	if _, err := git.PlainInit(path, true); err != nil {
		t.Fatal(err)
	}
	s := meshedService(t.TempDir(), kubernetes.Linkerd, p, func(st *kubernetes.Stage) { st.Repository.URL = "file://" + path })
	two := json.RawMessage(strings.Replace(string(listening("80")), `"ports":{`, `"ports":{"admin":{"port":90},`, 1))
	if _, err := s.Apply(t.Context(), scope(), "payroll", two); err != nil {
		t.Fatal(err)
	}
	p.are(t, "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: payroll}\nspec: {parentRefs: [{kind: Service, name: payroll}], rules: [{backendRefs: [{name: payroll, weight: 1}]}]}\n")
	other := scope()
	other.Tenant = "globex"
	_, observed, seen := s.Observe(t.Context(), other, "payroll", two)
	changes, previewed := s.Preview(t.Context(), other, "payroll", nil)
	for what, err := range map[string]error{"documents": judged(t, s, other, p), "a look": seen, "a plan": previewed} {
		e, ok := errors.AsType[*kernel.Error](err)
		if !ok || e.Kind != kernel.Conflict || len(e.Problems) > 0 || strings.Contains(err.Error()+e.Fix, "acme") || strings.Contains(err.Error()+e.Fix, "payroll") {
			t.Errorf("%s: error %v", what, err)
		}
	}
	if observed || len(changes) > 0 {
		t.Errorf("told are %v %v", observed, changes)
	}
}

// TestDocumentsAreNoDriftOfWorkloads has documents in force that the repository has not, or that
// the cluster's mesh cannot be told: no workload has done that. What the stage asks is.
func TestDocumentsAreNoDriftOfWorkloads(t *testing.T) {
	t.Parallel()
	untold := "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: orders}\nspec: {parentRefs: [{kind: Service, name: orders}], rules: [{retry: {attempts: 1, backoff: 1s}}]}\n"
	for mesh, asked := range map[string]string{kubernetes.Istio: "istio-injection", kubernetes.Linkerd: "linkerd.io/inject"} {
		t.Run(mesh, func(t *testing.T) {
			t.Parallel()
			dir, p := t.TempDir(), &policies{}
			s := meshedService(dir, mesh, p)
			if _, err := s.Apply(t.Context(), scope(), "orders", listening("80")); err != nil {
				t.Fatal(err)
			}
			observed := func(when, want string) {
				t.Helper()
				seen, gone, err := s.Observe(t.Context(), scope(), "orders", listening("80"))
				if err != nil || gone || (want == "" && string(seen) != string(listening("80"))) || !strings.Contains(string(seen), want) {
					t.Errorf("%s: %s %v %v", when, seen, gone, err)
				}
			}
			p.are(t, strict, allow)
			observed("documents that nobody has committed", "")
			if err := s.PutMesh(t.Context(), scope()); err != nil {
				t.Fatal(err)
			}
			observed("documents that are committed", "")
			p.are(t, untold)
			observed("other documents than are committed", "")
			namespace := files(t, history(t, own(dir))[0])["workloads/dev/shop/namespace.yaml"]
			edit(t, own(dir), map[string][]byte{"workloads/dev/shop/namespace.yaml": []byte(strings.Replace(namespace, asked, "not-"+asked, 1))})
			observed("a namespace without proxies", "changed: namespace.yaml")
		})
	}
}
