package config

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// Sources keeps sources, one of a project.
type Sources interface {
	// AddSource is a Conflict for a second one of the project.
	AddSource(ctx context.Context, s Source) error
	// SaveStatus keeps how a source stands that was due at until, and when it is due again;
	// one that has become due at another time by now stays so. It gives the holder's lease
	// back, and is Locked where another one has it.
	SaveStatus(ctx context.Context, s Source, holder string, until, due time.Time) error
	Source(ctx context.Context, scope kernel.Scope) (Source, error)
	// SourcesOf returns those of a repository.
	SourcesOf(ctx context.Context, tenant, project, repository string) ([]Source, error)
	// RemoveSource removes it with its revisions.
	RemoveSource(ctx context.Context, s Source) error
	Turns
}

// Turns say which source is due, and which daemon has it.
type Turns interface {
	// DueSources returns those of all tenants that are due, the longest first.
	DueSources(ctx context.Context, now time.Time, limit int) ([]Source, error)
	// Due makes a source due.
	Due(ctx context.Context, s Source, due time.Time) error
	// Push makes a source due for a push; cause is the event that told of it, empty keeps the
	// last. A revision that was read of it already, while it came, has who pushed it as well.
	Push(ctx context.Context, s Source, cause string, p Pushed, due time.Time) error
	// Renew has the holder keep a source; it is Locked where the holder has it no longer.
	Renew(ctx context.Context, id, holder string, until time.Time) error
	// Recover has what a former process of the holder looked at due at once, for anybody.
	Recover(ctx context.Context, holder string, now time.Time) error
	// Lease takes a source; it is Locked while another daemon has it.
	Lease(ctx context.Context, id, holder string, now, until time.Time) error
}

// Revisions keeps what was seen.
type Revisions interface {
	// AddRevision adds one, and forgets the oldest beyond keep.
	AddRevision(ctx context.Context, r Revision, keep int) error
	// Revision returns one with its files by its id.
	Revision(ctx context.Context, scope kernel.Scope, id string) (Revision, error)
	// AtCommit returns the newest one whose commit begins so, with its files.
	AtCommit(ctx context.Context, scope kernel.Scope, commit string) (Revision, error)
	// ListRevisions returns those of a project without files, the newest first.
	ListRevisions(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Revision], error)
}

// Tokens keeps the tokens of workloads.
type Tokens interface {
	// PutToken keeps a token, in place of one that has its id.
	PutToken(ctx context.Context, t Token) error
	TokenByHash(ctx context.Context, hash string) (Token, error)
	Token(ctx context.Context, tenant, id string) (Token, error)
	// ListTokens returns those of the stages of a project that are reached.
	ListTokens(ctx context.Context, scope kernel.Scope, within kernel.Reach, page kernel.PageRequest) (kernel.Page[Token], error)
	RemoveToken(ctx context.Context, scope kernel.Scope, id string) error
	// TouchToken notes when a token was used last.
	TouchToken(ctx context.Context, t Token, at time.Time) error
}

// Store is all that the room keeps.
type Store interface {
	Sources
	Revisions
	Tokens
}

// Repositories reads and changes repositories; delivery/vcs does.
type Repositories interface {
	Find(ctx context.Context, scope kernel.Scope, name string) (vcs.Repository, error)
	Head(ctx context.Context, r vcs.Repository, branch string) (string, error)
	Tree(ctx context.Context, r vcs.Repository, commit string) (gitexec.Repo, error)
	Advance(ctx context.Context, r vcs.Repository, branch, from, to string) error
	Propose(ctx context.Context, scope kernel.Scope, name string, n vcs.Proposal) (vcs.PullRequest, error)
}

// Secrets has the values that references stand for, with the number of their version.
type Secrets interface {
	Resolve(ctx context.Context, scope kernel.Scope, r secretref.Reference) (value string, version int, err error)
	// Unfit tells why a reference means nothing in a stage, or what judge says of its value;
	// nil where it means a value of which judge says nothing. It is no read of the value.
	Unfit(ctx context.Context, scope kernel.Scope, r secretref.Reference, judge func(value string) string) (*kernel.Problem, error)
}

// Stages knows the stages that there are, in their order.
type Stages interface {
	Names() []string
}

// Workloads knows the workloads of a project that are deployed.
type Workloads interface {
	Names(ctx context.Context, scope kernel.Scope) ([]string, error)
	// At returns those that are deployed at a stage.
	At(ctx context.Context, scope kernel.Scope) ([]string, error)
}

// Projects knows which projects there are.
type Projects interface {
	Exists(ctx context.Context, scope kernel.Scope) error
}

// Authorizer decides whether the actor of ctx may do something.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where in the scope's project that is, to narrow lists by.
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Journal records facts, in the transaction of ctx.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs fn in a transaction that travels in its context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}
