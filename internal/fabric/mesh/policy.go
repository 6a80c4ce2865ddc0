package mesh

import (
	"context"
	"reflect"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// What an actor needs for what.
const (
	// ActionRead is to see documents of the mesh and what comes of them.
	ActionRead = "mesh.read"
	// ActionWrite is to change those of a stage.
	ActionWrite = "mesh.write"
)

// MaxOfStage is how many documents a stage may have.
const MaxOfStage = 1000

// Policy is a document that is in force on a stage.
type Policy struct {
	// Scope is a stage.
	Scope      kernel.Scope
	Kind, Name string
	meshdoc.Spec

	// Owner is what keeps the document as it is, such as git/platform for a source; empty is
	// nobody but those who apply documents.
	Owner     string
	UpdatedAt time.Time
}

// Outcome is what became, or would become, of a document.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Changed   Outcome = "changed"
	Unchanged Outcome = "unchanged"
	Deleted   Outcome = "deleted"
)

// Change is what applying a document did, or would do.
type Change struct {
	Kind    string  `json:"kind"`
	Name    string  `json:"name"`
	Project string  `json:"project"`
	Stage   string  `json:"stage"`
	Outcome Outcome `json:"outcome"`
	// Note is what there is to know about it besides.
	Note string `json:"note,omitempty"`
	// Warnings are what is probably not meant, each with its place.
	Warnings []kernel.Problem `json:"warnings,omitempty"`
}

// Store keeps documents; meshsql implements it.
type Store interface {
	// Hold counts a change, and puts writers one after the other.
	Hold(ctx context.Context) error
	// Put keeps a document in place of that of its kind and name.
	Put(ctx context.Context, p Policy) error
	// Delete removes a document; NotFound where there is none.
	Delete(ctx context.Context, scope kernel.Scope, kind, name string) error
	// Get returns a document, or NotFound, as the transaction sees it.
	Get(ctx context.Context, scope kernel.Scope, kind, name string) (Policy, error)
	// OfStage returns those of a stage, by kind and name, as the transaction sees them.
	OfStage(ctx context.Context, scope kernel.Scope) ([]Policy, error)
	// Page returns those of a stage by kind and name.
	Page(ctx context.Context, scope kernel.Scope, kind string, page kernel.PageRequest) (kernel.Page[Policy], error)
	// All returns those of every stage, by stage, kind and name.
	All(ctx context.Context) ([]Policy, error)
	// Turn grows with every change.
	Turn(ctx context.Context) (int64, error)
}

// Owners knows what is kept by whom; meshsql implements it.
type Owners interface {
	// Owned returns the documents of a tenant that an owner keeps, as the transaction sees them.
	Owned(ctx context.Context, tenant, owner string) ([]Policy, error)
	// Release has an owner keep nothing any longer; all stays as it is.
	Release(ctx context.Context, tenant, owner string) error
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

// Workloads knows those that were deployed.
type Workloads interface {
	// Known is NotFound for one that never was in the project, and Denied to who may not see them.
	Known(ctx context.Context, scope kernel.Scope, workload string) error
}

// Clusters are those whose mesh is told documents.
type Clusters interface {
	// JudgeMesh looks at what is deployed on a stage, which may take long, and returns what refuses
	// documents, all of the stage, that its cluster's mesh cannot be told.
	JudgeMesh(ctx context.Context, scope kernel.Scope) (judge func([]meshdoc.Document) error, err error)
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// same tells whether two documents say the same, and are the same owner's.
func (p Policy) same(o Policy) bool {
	return p.succeeds(o) && p.Owner == o.Owner && reflect.DeepEqual(p.Spec, o.Spec)
}
