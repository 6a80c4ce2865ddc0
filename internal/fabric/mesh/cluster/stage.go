package cluster

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// DefaultTrustDomain is that of a cluster where nobody has set another.
const DefaultTrustDomain = "cluster.local"

// WorkloadLabel is the label that pods of a workload have.
const WorkloadLabel = "app.kubernetes.io/name"

// Object is an object of Kubernetes.
type Object struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   Metadata       `json:"metadata"`
	Spec       map[string]any `json:"spec,omitzero"`
}

// Metadata is that of an object.
type Metadata struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Namespace is where the workloads of a project's stage run, each as the service account of its
// name.
func Namespace(project, stage string) string { return project + "-" + stage }

// Stage collects the objects of one project's stage, and what cannot be said of it.
type Stage struct {
	Scope kernel.Scope
	// Domain is the trust domain of the cluster's mesh.
	Domain string
	// Mutual says that the mesh is strict.
	Mutual bool
	// Documents are those of the stage.
	Documents []meshdoc.Document

	objects  []Object
	problems []kernel.Problem
}

// New takes documents apart, which are of the scope's project and stage unless they name
// another: such are refused.
func New(scope kernel.Scope, domain string, documents []meshdoc.Document) *Stage {
	s := &Stage{Scope: scope, Domain: domain}
	for _, d := range documents {
		if cmp.Or(d.Project, scope.Project) != scope.Project || cmp.Or(d.Stage, scope.Stage) != scope.Stage {
			s.Refuse(d, "metadata.stage", "render each stage by itself", "the document is of "+d.Project+"/"+d.Stage+", the objects are of "+scope.Project+"/"+scope.Stage)
			continue
		}
		if d.Mesh != nil {
			s.Mutual = d.Mesh.MTLS == meshdoc.Strict
		}
		s.Documents = append(s.Documents, d)
	}
	return s
}

// Refuse says what cannot be said, at a path of a document.
func (s *Stage) Refuse(d meshdoc.Document, path, fix, message string) {
	s.problems = append(s.problems, d.Warn(path, fix, message))
}

// Namespace is that of the stage.
func (s *Stage) Namespace() string { return Namespace(s.Scope.Project, s.Scope.Stage) }

// Labels are those of every object.
func (s *Stage) Labels() map[string]string {
	return map[string]string{
		"app.kubernetes.io/managed-by": "terrace", "app.kubernetes.io/part-of": s.Scope.Project, "terrace.dev/project": s.Scope.Project, "terrace.dev/stage": s.Scope.Stage,
	}
}

// Add adds an object of the namespace.
func (s *Stage) Add(version, kind, name string, annotations map[string]string, spec map[string]any) {
	s.Put(Object{version, kind, Metadata{name, s.Namespace(), s.Labels(), annotations}, spec})
}

// Put adds an object as it is.
func (s *Stage) Put(o Object) { s.objects = append(s.objects, o) }

// Done returns the objects in the order in which they were added. The error is Invalid, with
// everything that the mesh of that name cannot say at its place.
func (s *Stage) Done(mesh string) ([]Object, error) {
	if len(s.problems) > 0 {
		return nil, kernel.Errorf(kernel.Invalid, "the documents cannot be said to %s", mesh).WithProblems(s.problems...)
	}
	return s.objects, nil
}

// Caller is the project, stage and workload that a caller is of.
func (s *Stage) Caller(f meshdoc.Caller) (project, stage, workload string) {
	return cmp.Or(f.Project, s.Scope.Project), cmp.Or(f.Stage, s.Scope.Stage), f.Workload
}

// Foreign refuses a SPIFFE ID of Terrace at the path of its caller, since on a cluster nobody
// has it, and returns whether it did not.
func (s *Stage) Foreign(d meshdoc.Document, path, mesh, id string) bool {
	_, rest, _ := strings.Cut(strings.TrimPrefix(id, "spiffe://"), "/")
	if !strings.HasPrefix(rest+"/", "tenant/") {
		return true
	}
	s.Refuse(d, path+".spiffeId", "name the workload, and its project and stage where they are others",
		mesh+" knows workloads of this platform by namespace and service account, not by "+id)
	return false
}

// At is the path of an element.
func At(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// Texts are strings as values of an object.
func Texts(in []string) []any {
	out := make([]any, 0, len(in))
	for _, s := range in {
		out = append(out, s)
	}
	return out
}
