package local

import (
	"context"
	"encoding/json"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Clusters realises workloads on Kubernetes; target/kubernetes implements it.
// A declaration is the JSON of a workload, which is the implementer's to read.
type Clusters interface {
	// Check refuses a declaration that is not valid.
	Check(scope kernel.Scope, workload string, spec json.RawMessage) error
	// Apply makes the workload what spec says; it may be so already.
	Apply(ctx context.Context, scope kernel.Scope, workload string, spec json.RawMessage) (outputs map[string]any, err error)
	// Observe returns the declaration as it really is; gone tells that it has vanished.
	Observe(ctx context.Context, scope kernel.Scope, workload string, spec json.RawMessage) (seen json.RawMessage, gone bool, err error)
	// Remove ends the workload; what is not there is no error.
	Remove(ctx context.Context, scope kernel.Scope, workload string) error
}

// clusterPlane passes workloads on to where Kubernetes takes them from.
type clusterPlane struct {
	passive

	clusters Clusters
}

func (p *clusterPlane) check(k Key, spec json.RawMessage) error {
	return p.clusters.Check(k.Scope, k.Name, spec)
}

func (p *clusterPlane) apply(ctx context.Context, k Key, spec json.RawMessage, _ *Object) (change, error) {
	outputs, err := p.clusters.Apply(ctx, k.Scope, k.Name, spec)
	return change{outputs: outputs}, err
}

func (p *clusterPlane) observe(ctx context.Context, o Object) (Object, bool, error) {
	seen, gone, err := p.clusters.Observe(ctx, o.Scope, o.Name, o.Spec)
	if err == nil && !gone {
		o.Spec = seen
	}
	return o, gone, err
}

func (p *clusterPlane) remove(ctx context.Context, o Object) error {
	return p.clusters.Remove(ctx, o.Scope, o.Name)
}
