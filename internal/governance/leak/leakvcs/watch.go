package leakvcs

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// How the loop works.
const (
	idle = 30 * time.Second
	// atOnce is how many branches a process looks at at once, one of a tenant.
	atOnce = 4
	// turn is after how long a look makes room for others, and goes on later.
	turn = 5 * time.Minute
	// lookTime bounds what a look does between two notes of how far it is; so long another
	// process leaves the branch alone.
	lookTime = 15 * time.Minute
	// note is how often that is noted.
	note = 10 * time.Second
	// maxCommits bounds the commits that a look at a branch goes back.
	maxCommits = 10_000
	// attempts ends a look that fails again and again.
	attempts = 8
	// ruledEvery is how often branches are looked for that were looked at by other rules,
	// soughtEvery values that were added, and together is how long those of a tenant are
	// gathered that come after others.
	ruledEvery  = 6 * time.Hour
	soughtEvery = time.Minute
	together    = time.Hour
)

// Branch is a branch of a repository whose files are looked at.
type Branch struct {
	Scope kernel.Scope
	// Repository is the id of the repository, Name the branch's.
	Repository, Name string
	// Wanted is the commit that is to be looked at, "" for the newest, and Looked the one
	// that was looked at last, "" for none.
	Wanted, Looked string
	// Pusher is who pushed to it last, "" where nobody has since it is looked at.
	Pusher string
	// Rules is the digest of those by which all files of Looked were looked at, and Shipped
	// that of the ones that came with the process.
	Rules, Shipped string
	// Asked counts how often all files were to be looked through for values that were
	// added, and Sought is where that was done.
	Asked, Sought int64
	// Progress is how far the look is that is underway, nil for none.
	Progress *Progress
	Due      time.Time
	Attempts int
}

// Progress is how far a look is that goes on: through the files in the order of their names,
// and then through what they were in the commits before, the oldest first.
type Progress struct {
	// Commit is the one whose files were looked at up to After, by rules with a digest.
	Commit string `json:"commit"`
	After  string `json:"after"`
	Rules  string `json:"rules"`
	// All says that all files are looked at, and Known that the own values are looked for in
	// all; Asked is what is done with that.
	All   bool  `json:"all,omitempty"`
	Known bool  `json:"known,omitempty"`
	Asked int64 `json:"asked,omitempty"`
	// Past is a commit up to which it was looked at what files were, In the one after it whose
	// files were looked at up to At.
	Past string `json:"past,omitempty"`
	In   string `json:"in,omitempty"`
	At   string `json:"at,omitempty"`
}

// Store keeps how far branches are looked at; leaksql implements it.
type Store interface {
	// Want has a branch looked at, at a commit or at its newest where that is "".
	Want(ctx context.Context, b Branch, now time.Time) error
	// Next returns the branch of a tenant that is not busy that is due the longest; those
	// that something was pushed to come first.
	Next(ctx context.Context, now time.Time, busy []string) (b Branch, ok bool, err error)
	// Take has a branch due later, where nobody else has taken it meanwhile.
	Take(ctx context.Context, b Branch, until time.Time, attempts int) (bool, error)
	// Reached notes how far a look is, and has the branch due later; false where another
	// commit is wanted meanwhile.
	Reached(ctx context.Context, b Branch, p Progress, due time.Time) (bool, error)
	// Looked notes up to where a branch was looked at.
	Looked(ctx context.Context, b Branch, now time.Time) error
	// Ruled has branches looked at again that were by other rules than those with a digest.
	Ruled(ctx context.Context, shipped string, now time.Time) error
	// Sought has the branches of tenants looked at again whose values more were added to,
	// unless they were since a moment.
	Sought(ctx context.Context, now, since time.Time) error
	// Drop forgets a branch of a repository, "" for all.
	Drop(ctx context.Context, scope kernel.Scope, repository, branch string) error
}

// Repositories has the files of repositories.
type Repositories interface {
	RepositoryByID(ctx context.Context, id string) (vcs.Repository, error)
	// Head returns the newest commit of a branch.
	Head(ctx context.Context, r vcs.Repository, branch string) (string, error)
	// Tree returns the files with the commit among them.
	Tree(ctx context.Context, r vcs.Repository, commit string) (gitexec.Repo, error)
}

// Branches knows which branches of a repository count: from which something is deployed,
// configured or built.
type Branches interface {
	Branches(ctx context.Context, r vcs.Repository) ([]string, error)
}

// Leaks keeps what is found.
type Leaks interface {
	InspectWith(ctx context.Context, rules leakscan.Rules, scope kernel.Scope, at leak.Place, text string) (leak.Report, error)
	Gone(ctx context.Context, scope kernel.Scope, at leak.Place, why string) error
	// Within calls each with pages of what is not resolved in a repository.
	Within(ctx context.Context, scope kernel.Scope, repository string, each func(page []leak.Finding) error) error
	// Vanished resolves what was found in a repository, or on a branch of it.
	Vanished(ctx context.Context, scope kernel.Scope, repository, branch string) error
	// Unseen tells that something could not be looked through, and will not be.
	Unseen(ctx context.Context, scope kernel.Scope, at leak.Place, why string) error
}

// Config is what a Watcher works with. All is required but Clock.
type Config struct {
	Store        Store
	Leaks        Leaks
	Repositories Repositories
	Branches     Branches
	// Shipped are the rules of repositories without any of their own.
	Shipped *leakscan.Scanner
	Clock   kernel.Clock
	Log     *slog.Logger
}

// Watcher looks through repositories. It is a vcs.Listener and a vcs.Reviewer.
type Watcher struct {
	Config

	bell  *rounds.Bell
	turns rounds.Turns
	none  *leakscan.Scanner // has no rules
}

var (
	_ vcs.Listener = (*Watcher)(nil)
	_ vcs.Reviewer = (*Watcher)(nil)
)

// New returns a watcher.
func New(c Config) *Watcher {
	return &Watcher{Config: c, bell: rounds.NewBell(), turns: rounds.Turns{Most: atOnce}, none: leakscan.None()}
}

// Pushed implements vcs.Listener: a branch that counts is looked at.
func (w *Watcher) Pushed(ctx context.Context, r vcs.Repository, p vcs.Push) error {
	branch := p.Branch()
	if branch == "" {
		return nil
	}
	if p.After == gitexec.Zero {
		if err := w.Store.Drop(ctx, r.Scope, r.ID, branch); err != nil {
			return err
		}
		return w.Leaks.Vanished(ctx, r.Scope, r.Name, branch)
	}
	all, err := w.Branches.Branches(ctx, r)
	if err != nil || !slices.Contains(all, branch) {
		return err
	}
	return w.want(ctx, r, Branch{Name: branch, Wanted: p.After, Pusher: p.By})
}

// Bound has the branch of a binding looked at, all of it where it was not yet.
func (w *Watcher) Bound(ctx context.Context, r vcs.Repository, branch string) error {
	return w.want(ctx, r, Branch{Name: branch})
}

func (w *Watcher) want(ctx context.Context, r vcs.Repository, b Branch) error {
	b.Scope, b.Repository = r.Scope, r.ID
	err := w.Store.Want(ctx, b, w.Clock.Now())
	if err == nil {
		db.AfterCommit(ctx, w.bell.Ring) // before it there is nothing to look at
	}
	return err
}

// Renewed implements vcs.Listener: what could not be fetched is tried again by itself.
func (w *Watcher) Renewed(context.Context, vcs.Repository) error { return nil }

// Deleting implements vcs.Listener: what was found in the repository is there no more.
func (w *Watcher) Deleting(ctx context.Context, r vcs.Repository) error {
	if err := w.Store.Drop(ctx, r.Scope, r.ID, ""); err != nil {
		return err
	}
	return w.Leaks.Vanished(ctx, r.Scope, r.Name, "")
}

// Watch looks at branches that are due until ctx ends.
func (w *Watcher) Watch(ctx context.Context) error {
	defer w.turns.Wait()
	return rounds.Rounds{Bell: w.bell, Idle: idle, Clock: w.Clock, Look: w.round, Duties: []rounds.Duty{
		{Every: ruledEvery, Do: func(ctx context.Context) error { return w.Store.Ruled(ctx, w.Shipped.Digest(), w.Clock.Now()) }},
		{Every: soughtEvery, Do: w.sought},
	}}.Run(ctx)
}

// sought has branches looked through for values that were added, at once, and then at most
// once in a while for each tenant: who adds many has them looked for together.
func (w *Watcher) sought(ctx context.Context) error {
	now := w.Clock.Now()
	return w.Store.Sought(ctx, now, now.Add(-together))
}

// round begins looks as long as there is room, one for each tenant. Who has finished rings.
func (w *Watcher) round(ctx context.Context) error {
	return w.turns.Fill(func(busy []string) (tenant string, look func(), err error) {
		now := w.Clock.Now()
		b, ok, err := w.Store.Next(ctx, now, busy)
		if err != nil || !ok {
			return "", nil, err
		}
		taken, err := w.Store.Take(ctx, b, now.Add(lookTime), b.Attempts+1)
		if err != nil || !taken {
			return b.Scope.Tenant, nil, err
		}
		return b.Scope.Tenant, func() { w.turn(ctx, b) }, nil
	}, w.bell.Ring)
}
