package beside

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// SidecarKind says what stands beside a workload.
type SidecarKind string

// The kinds.
const (
	KindSidecar SidecarKind = "sidecar"
	KindEnvoy   SidecarKind = "envoy"
)

// Kind is that of a sidecar.
func (r Record) Kind() SidecarKind {
	if r.Envoy {
		return KindEnvoy
	}
	return KindSidecar
}

// Known is a sidecar as a daemon knows it.
type Known struct {
	Record

	Daemon string
}

// Shelf is what daemons have told, to look it up; besidesql implements it.
type Shelf interface {
	// Page returns the sidecars of a stage by workload, address and daemon, of daemons that
	// were there after a time.
	Page(ctx context.Context, scope kernel.Scope, after time.Time, page kernel.PageRequest) (kernel.Page[Known], error)
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Stages knows the stages that there are.
type Stages interface {
	// Check is NotFound for a stage that there is not.
	Check(stage string) error
}

// Directory shows people which sidecars there are, whichever daemon knows them.
type Directory struct {
	Shelf      Shelf
	Authorizer Authorizer
	Stages     Stages
	Clock      kernel.Clock
}

// List returns the sidecars of a stage by workload, address and daemon. One that moves from a
// daemon to another is known to both for a while.
func (d *Directory) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Known], error) {
	if err := d.Authorizer.Authorize(ctx, mesh.ActionRead, scope); err != nil {
		return kernel.Page[Known]{}, err
	}
	if err := d.Stages.Check(scope.Stage); err != nil {
		return kernel.Page[Known]{}, err
	}
	return d.Shelf.Page(ctx, scope, d.Clock.Now().Add(-Lease), page)
}
