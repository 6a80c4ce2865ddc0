// Package quota bounds how much tenants, and projects within them, may have and do.
//
// It owns limits, who may set them, and the refusal of what would go over one. It does
// not own what is counted: rooms tell how much there is. What a rate has seen is in the
// memory of each process.
package quota

import (
	"context"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/access/quota/bound"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Name is what a quota bounds.
type Name = bound.Name

// Limits are limits by what they bound; what is missing is inherited.
type Limits = bound.Limits

// ofProjects are those that a project can have a limit of.
func ofProjects() []Name {
	return []Name{bound.Workloads, bound.Stacks, bound.ConcurrentRuns, bound.QueuedRuns, bound.Storage, bound.Secrets}
}

// counted reports whether there is a use to tell.
func counted(n Name) bool {
	return !slices.Contains([]Name{bound.Requests, bound.CallerRequests, bound.Burst, bound.Webhooks, bound.Streams}, n)
}

// Setting is one limit that somebody set.
type Setting struct {
	// Scope is that of a tenant, or of a project of it.
	Scope kernel.Scope
	Name  Name
	Limit int64
	SetBy string
	SetAt time.Time
}

// Quota is a limit as it holds, with how much of it is used.
type Quota struct {
	Name Name `json:"name"`
	// Limit is Unlimited where there is none.
	Limit int64 `json:"limit" doc:"The limit; -1 is none."`
	// Used is Uncounted for rates.
	Used int64 `json:"used" doc:"How much there is; -1 for rates, of which nobody keeps it."`
	// Percent is Uncounted where there is no limit, or no use.
	Percent int64 `json:"percent" doc:"How much of the limit is used; -1 where there is none, and for rates."`
	// Origin is where the limit comes from: default, tenant or project.
	Origin string `json:"origin" enum:"default,tenant,project"`
	SetBy  string `json:"setBy,omitempty"`
	// SetAt is absent for what nobody has set.
	SetAt *time.Time `json:"setAt,omitempty"`
}

// Uncounted is the use of what nobody counts.
const Uncounted int64 = -1

// Where limits come from.
const (
	fromDefault = "default"
	fromTenant  = "tenant"
	fromProject = "project"
)

// Store keeps settings.
type Store interface {
	// Settings returns those of all tenants.
	Settings(ctx context.Context) ([]Setting, error)
	// Put writes a setting over the one of its scope and name.
	Put(ctx context.Context, s Setting) error
	// Delete removes a setting; one that is missing is removed already.
	Delete(ctx context.Context, scope kernel.Scope, name Name) error
	// Turn has others that would change the use of the tenant wait for the end of ctx's
	// transaction.
	Turn(ctx context.Context, tenant string) error
	// Tell notes that the scope's limit is nearly used up; first is false where it was
	// noted before. Forget has it noted anew.
	Tell(ctx context.Context, scope kernel.Scope, name Name, at time.Time) (first bool, err error)
	Forget(ctx context.Context, scope kernel.Scope, name Name) error
}

// Use tells how much there is. In a transaction it sees what that has changed.
type Use interface {
	// Used returns how much the tenant has, or the project where scope names one.
	Used(ctx context.Context, name Name, scope kernel.Scope) (int64, error)
	// Had reports whether there was a stack of the workload, or the stack itself, beside
	// what the run brings.
	Had(ctx context.Context, name Name, scope kernel.Scope, workload, run string) (bool, error)
}

// Tenants knows who there is.
type Tenants interface {
	// Exists returns NotFound where the scope's project, or its tenant, is missing.
	Exists(ctx context.Context, scope kernel.Scope) error
}
