package apispec

import (
	"context"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/change"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Store keeps revisions and standings; apispecsql implements it.
type Store interface {
	// PutRevision adds one; a number that is there is a Conflict.
	PutRevision(ctx context.Context, r Revision) error
	// Revision returns one with its source; number 0 is the newest.
	Revision(ctx context.Context, k Key, number int64) (Revision, error)
	// Revisions returns those before a number, the newest first, without sources.
	Revisions(ctx context.Context, k Key, before int64, most int) ([]Revision, error)
	// Versions returns the newest revision of each version of a project's APIs,
	// after a name, without sources.
	Versions(ctx context.Context, scope kernel.Scope, after string, most int) ([]Revision, error)
	// PutStanding keeps where a version stands, and counts the change.
	PutStanding(ctx context.Context, s Standing) error
	// Standing returns where a version stands on a stage, or NotFound.
	Standing(ctx context.Context, k Key, stage string) (Standing, error)
	// Standings returns those of an API's version, or of a project for an empty API.
	Standings(ctx context.Context, k Key) ([]Standing, error)
}

// Decisions keeps overrides and guides; apispecsql implements it.
type Decisions interface {
	PutOverride(ctx context.Context, o Override) error
	Override(ctx context.Context, scope kernel.Scope, id string) (Override, error)
	// Overrides returns those of a project within a reach, before an id, the newest first.
	Overrides(ctx context.Context, scope kernel.Scope, within kernel.Reach, before string, most int) ([]Override, error)
	// Approved tells whether one revision may replace another on a stage.
	Approved(ctx context.Context, k Key, stage string, from, to int64) (bool, error)
	// Guide returns the tenant's style guide, "" for the shipped one.
	Guide(ctx context.Context, tenant string) (string, error)
	PutGuide(ctx context.Context, tenant, source string) error
}

// Compared keeps what is different between documents of a tenant, by their digests.
type Compared interface {
	Load(ctx context.Context, tenant, key string, load func(ctx context.Context) ([]change.Change, error)) ([]change.Change, error)
}

// Stages knows which stages there are.
type Stages interface {
	// Check is NotFound for a stage that there is not.
	Check(stage string) error
	// Approved tells that somebody approves what is changed on a stage.
	Approved(stage string) bool
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where in the scope's tenant that is, to narrow lists by.
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}
