package linkerd

import (
	"maps"
	"slices"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/cluster"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	policyGroup  = "policy.linkerd.io"
	gatewayGroup = "gateway.networking.k8s.io"
	gatewayAPI   = gatewayGroup + "/v1"
	// DefaultPolicy is the annotation of a namespace for ports that no Server is for, Deny its
	// value where a mesh is strict. Pods take it up when they start.
	DefaultPolicy = "config.linkerd.io/default-inbound-policy"
	Deny          = "deny"
)

// Render returns the objects that say what documents of one stage do, in the order in which
// they should be applied. The error is Invalid, with everything that Linkerd cannot say at its
// place; documents are of the scope's project and stage unless they name another. Ports and
// probes of workloads that are not given are those that documents name.
func Render(scope kernel.Scope, trustDomain string, documents []meshdoc.Document, given []cluster.Workload) ([]cluster.Object, error) {
	r := &renderer{Stage: cluster.New(scope, trustDomain, documents)}
	r.workloads = cluster.Named(given, r.Documents)
	if r.Mutual {
		r.Put(cluster.Object{APIVersion: "v1", Kind: "Namespace", Metadata: cluster.Metadata{Name: r.Namespace(), Annotations: map[string]string{DefaultPolicy: Deny}}})
	}
	r.routes()
	r.guards()
	return r.Done("Linkerd")
}

// Deployed returns the objects of a stage of which all workloads are known; the namespace is not
// among them. A rule that leads to a workload that is not there waits until it is, and is told.
func Deployed(scope kernel.Scope, trustDomain string, documents []meshdoc.Document, workloads []cluster.Workload) (objects []cluster.Object, waiting []string, err error) {
	r := &renderer{Stage: cluster.New(scope, trustDomain, documents), workloads: map[string]cluster.Workload{}, deployed: true}
	for _, w := range workloads {
		r.workloads[w.Name] = w
	}
	r.routes()
	r.guards()
	objects, err = r.Done("Linkerd")
	return objects, r.waiting, err
}

// renderer collects objects.
type renderer struct {
	*cluster.Stage

	// deployed says that workloads are all that there are, and waiting what is not said yet.
	deployed bool
	waiting  []string

	workloads map[string]cluster.Workload
	// probed says that who probes is an object already.
	probed bool
}

// names are the workloads, in order.
func (r *renderer) names() []string { return slices.Sorted(maps.Keys(r.workloads)) }

// refuse says what cannot be said of a way of calls.
func (r *renderer) refuse(w meshdoc.Way, path, fix, message string) {
	for _, d := range r.Documents {
		if d.Kind == w.Kind && d.Name == w.Route {
			r.Refuse(d, cluster.At(meshdoc.AtRules, w.Rule)+path, fix, message)
			return
		}
	}
}
