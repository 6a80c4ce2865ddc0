package vcs

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Repositories keeps repositories and their bindings. Names are unique in a
// project: a second is a Conflict.
type Repositories interface {
	AddRepository(ctx context.Context, r Repository) error
	SaveRepository(ctx context.Context, r Repository) error
	Repository(ctx context.Context, scope kernel.Scope, name string) (Repository, error)
	// RepositoryByID is for webhooks, which name nothing else, and for work that
	// was taken from a record.
	RepositoryByID(ctx context.Context, id string) (Repository, error)
	Repositories(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Repository], error)
	// RemoveRepository removes it with all that is kept of it.
	RemoveRepository(ctx context.Context, scope kernel.Scope, id string) error
	Bindings
}

// Bindings keeps what the workloads of repositories are.
type Bindings interface {
	PutBinding(ctx context.Context, scope kernel.Scope, repository string, b Binding) error
	RemoveBinding(ctx context.Context, scope kernel.Scope, repository, name string) error
	Bindings(ctx context.Context, scope kernel.Scope, repository string) ([]Binding, error)
}

// Pushing is a push that has begun and whose end is not recorded yet.
type Pushing struct {
	ID         string       `json:"id"`
	Repository string       `json:"repository"`
	Scope      kernel.Scope `json:"scope"`
	By         kernel.Actor `json:"by"`
	Bounds     run.Bounds   `json:"bounds,omitzero"`
	Refs       []Push       `json:"refs"`
	BegunAt    time.Time    `json:"begunAt"`
	// Event is the id of the event vcs.pushed that tells of it.
	Event string `json:"event,omitempty"`
}

// Pushes keeps the pushes under way.
type Pushes interface {
	AddPushing(ctx context.Context, p Pushing) error
	RemovePushing(ctx context.Context, scope kernel.Scope, id string) error
	// Pushings returns all of them, for a start after a crash.
	Pushings(ctx context.Context, limit int) ([]Pushing, error)
}

// Pulls keeps pull requests and their checks.
type Pulls interface {
	// AddPull is a Conflict where the number is taken.
	AddPull(ctx context.Context, p PullRequest) error
	// SavePull writes over the revision it was read with, else it is Stale.
	SavePull(ctx context.Context, p PullRequest) error
	Pull(ctx context.Context, scope kernel.Scope, repository string, number int) (PullRequest, error)
	Pulls(ctx context.Context, scope kernel.Scope, repository string, state PullState, page kernel.PageRequest) (kernel.Page[PullRequest], error)
	// OpenFrom returns the open ones from a branch.
	OpenFrom(ctx context.Context, scope kernel.Scope, repository, source string) ([]PullRequest, error)
	LastNumber(ctx context.Context, scope kernel.Scope, repository string) (int, error)
	Claims
}

// Claims say which daemon looks at a pull request.
type Claims interface {
	// Due returns those of all tenants that are to be looked at by a time and that
	// nobody has now, the longest due first.
	Due(ctx context.Context, now, by time.Time, limit int) ([]PullRequest, error)
	// Claim takes or keeps a pull request; Locked while another holder has it.
	Claim(ctx context.Context, p PullRequest, holder string, now, until time.Time) error
	// Release gives it back; one that another holder has by now stays that one's.
	Release(ctx context.Context, p PullRequest, holder string) error
	// Recover gives back all that a former process of the holder has had.
	Recover(ctx context.Context, holder string) error
}

// Checks keeps checks.
type Checks interface {
	PutCheck(ctx context.Context, c Check) error
	// Checks returns those of a pull request, the oldest first.
	Checks(ctx context.Context, scope kernel.Scope, repository string, number int) ([]Check, error)
	// OpenChecks returns those of a repository that have not ended, of the pull requests
	// with these numbers, the oldest first.
	OpenChecks(ctx context.Context, scope kernel.Scope, repository string, numbers []int) ([]Check, error)
	// PendingChecks counts those of the tenant that have not ended.
	PendingChecks(ctx context.Context, scope kernel.Scope) (int, error)
}

// Identities keeps which users people of a provider are.
type Identities interface {
	PutIdentity(ctx context.Context, scope kernel.Scope, repository string, i Identity) error
	// RemoveIdentity is NotFound for a login that is nobody's.
	RemoveIdentity(ctx context.Context, scope kernel.Scope, repository, login string) error
	Identities(ctx context.Context, scope kernel.Scope, repository string) ([]Identity, error)
}

// Users knows the users of a tenant; one who is disabled is Unauthenticated.
type Users interface {
	Named(ctx context.Context, tenant, name string) (kernel.Actor, error)
	Acting(ctx context.Context, tenant, id string) (kernel.Actor, error)
}

// Told keeps what a hosted repository's pull requests and commits are told.
type Told interface {
	PutComment(ctx context.Context, scope kernel.Scope, repository string, c Comment) error
	Comments(ctx context.Context, scope kernel.Scope, repository string, number int) ([]Comment, error)
	PutStatus(ctx context.Context, scope kernel.Scope, repository string, s Status) error
	Statuses(ctx context.Context, scope kernel.Scope, repository, commit string) ([]Status, error)
}

// Inbox keeps webhooks until they are worked on, and that they came for the
// time in which they could be sent again.
type Inbox interface {
	// AddDelivery is a Conflict for a key or a digest that the repository has had.
	AddDelivery(ctx context.Context, d Delivery) error
	// Waiting returns those of all tenants that are to be worked on, in their order.
	Waiting(ctx context.Context, now time.Time, limit int) ([]Delivery, error)
	// Done ends deliveries; Retry has one worked on again at a time.
	Done(ctx context.Context, ids []string) error
	Retry(ctx context.Context, id string, attempts int, problem string, at time.Time) error
	CountWaiting(ctx context.Context) (int, error)
	// Forget removes what has ended and came before a time, and tells how many.
	Forget(ctx context.Context, before time.Time) (int, error)
	// Deliveries returns those of a repository, the newest first.
	Deliveries(ctx context.Context, scope kernel.Scope, repository string, page kernel.PageRequest) (kernel.Page[Delivery], error)
}

// Store is all that the room keeps.
type Store interface {
	Repositories
	Pushes
	Pulls
	Checks
	Told
	Inbox
	Identities
}

// Stages knows which stages there are.
type Stages interface {
	Check(stage string) error
}

// Runs plans and applies; delivery/run does.
type Runs interface {
	Deploy(ctx context.Context, scope kernel.Scope, d run.DeployRequest) (run.Run, error)
	// References returns a problem for each reference to a secret that is not in the stage.
	References(ctx context.Context, scope kernel.Scope, w *workload.Workload, stage string) (run.Lacking, error)
	Get(ctx context.Context, scope kernel.Scope, id string) (run.Run, error)
	GetDossier(ctx context.Context, scope kernel.Scope, id string) (run.Dossier, kernel.Digest, error)
	List(ctx context.Context, scope kernel.Scope, f run.Filter, page kernel.PageRequest) (kernel.Page[run.Run], error)
	Cancel(ctx context.Context, scope kernel.Scope, id, reason string, force bool) (run.Run, error)
}

// Authorizer decides whether the actor of ctx may do something.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Roles knows whether the actor of ctx has a role, or admin, in the scope.
type Roles interface {
	HasRole(ctx context.Context, action string, scope kernel.Scope, role string) (bool, error)
}

// Journal records facts, in the transaction of ctx.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs fn in a transaction that travels in its context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Sealer encrypts credentials, bound to what they belong to.
type Sealer interface {
	SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Access is a repository with what Terrace signs in with.
type Access struct {
	Repository  Repository
	Credentials Credentials
}

// Incoming is a webhook whose signature is right.
type Incoming struct {
	// Key is the provider's id of the delivery.
	Key   string
	Event Event
}

// Found is what a provider says of a repository.
type Found struct{ DefaultBranch, Clone string }

// Host is a provider.
type Host interface {
	// Receive checks a webhook's signature with the repository's secret and reads it. The error
	// is Unauthenticated for a wrong one, Invalid for a body of another shape.
	Receive(a Access, header http.Header, body []byte) (Incoming, error)
	// Find asks the provider for the repository, with its credentials.
	Find(ctx context.Context, a Access) (Found, error)
	// Remote is where and how its commits are fetched.
	Remote(a Access) gitexec.Remote
	// MayApply refuses, as Refused, who may not write to the repository, or of whom the
	// provider does not say so: readers comment as well.
	MayApply(ctx context.Context, a Access, name string) error
	SetStatus(ctx context.Context, a Access, s Status) error
	// PutComment writes the one comment: over the one with the id, else over the
	// one that has the marker, else a new one. It returns its id.
	PutComment(ctx context.Context, a Access, number int, id, marker, text string) (string, error)
}

// Builder builds a folder that a Score file has as an image, beneath root, as the
// client does, and keeps the artifact in the project. What is said meanwhile goes to
// said; the files that its errors name are those beneath root.
type Builder interface {
	Build(ctx context.Context, scope kernel.Scope, root, folder string, said io.Writer) (kernel.Digest, error)
}

// Listener is told of every push: repository R, branch B, at commit C, by the
// actor of ctx where a user of this platform pushed. It may be told of one twice.
// An error has it told again later.
type Listener interface {
	Pushed(ctx context.Context, r Repository, p Push) error
	// Renewed tells that the repository has another token, and may answer again.
	Renewed(ctx context.Context, r Repository) error
	// Deleting refuses to let go of a repository that is needed. It is asked in the
	// transaction that removes it.
	Deleting(ctx context.Context, r Repository) error
}

// Review is what a room says of the files of a pull request.
type Review struct {
	// Name is that of the check: terrace/NAME.
	Name string
	// Problems are what is wrong with the files; with one the check fails.
	Problems []kernel.Problem
	// Summary is one line, Report all that is to be said, in Markdown. They are read by
	// whoever reads the pull request.
	Summary, Report string
}

// Reviewer looks at the files of pull requests: those that were changed since a commit,
// gitexec.Zero for all. It runs nothing of them. No review is none of its business.
type Reviewer interface {
	Review(ctx context.Context, r Repository, p PullRequest, base string, files []string) ([]Review, error)
}
