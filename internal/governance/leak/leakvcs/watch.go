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
	// lookTime bounds a look at a branch; so long another daemon leaves it alone.
	lookTime = 15 * time.Minute
	// attempts ends a look that fails again and again.
	attempts = 8
)

// Branch is a branch of a repository whose files are looked at.
type Branch struct {
	Scope kernel.Scope
	// Repository is the id of the repository, Name the branch's.
	Repository, Name string
	// Wanted is the commit that is to be looked at, "" for the newest, and Looked the one
	// that was looked at last, "" for none.
	Wanted, Looked string
	Due            time.Time
	Attempts       int
}

// Store keeps how far branches are looked at; leaksql implements it.
type Store interface {
	// Want has a branch looked at, at a commit or at its newest where that is "".
	Want(ctx context.Context, b Branch, now time.Time) error
	// Due returns some branches of all tenants, the longest due first.
	Due(ctx context.Context, now time.Time) ([]Branch, error)
	// Take has a branch due later, where nobody else has taken it meanwhile.
	Take(ctx context.Context, b Branch, until time.Time, attempts int) (bool, error)
	// Looked notes up to which commit a branch was looked at.
	Looked(ctx context.Context, b Branch, commit string) error
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
	Gone(ctx context.Context, scope kernel.Scope, at leak.Place) error
	// Within returns what is open in a repository.
	Within(ctx context.Context, scope kernel.Scope, repository string) ([]leak.Finding, error)
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

	bell *rounds.Bell
}

var (
	_ vcs.Listener = (*Watcher)(nil)
	_ vcs.Reviewer = (*Watcher)(nil)
)

// New returns a watcher.
func New(c Config) *Watcher { return &Watcher{Config: c, bell: rounds.NewBell()} }

// Pushed implements vcs.Listener: a branch that counts is looked at.
func (w *Watcher) Pushed(ctx context.Context, r vcs.Repository, p vcs.Push) error {
	branch := p.Branch()
	if branch == "" {
		return nil
	}
	if p.After == gitexec.Zero {
		return w.Store.Drop(ctx, r.Scope, r.ID, branch)
	}
	all, err := w.Branches.Branches(ctx, r)
	if err != nil || !slices.Contains(all, branch) {
		return err
	}
	return w.want(ctx, r, branch, p.After)
}

// Bound has the branch of a binding looked at, all of it where it was not yet.
func (w *Watcher) Bound(ctx context.Context, r vcs.Repository, branch string) error {
	return w.want(ctx, r, branch, "")
}

func (w *Watcher) want(ctx context.Context, r vcs.Repository, branch, commit string) error {
	err := w.Store.Want(ctx, Branch{Scope: r.Scope, Repository: r.ID, Name: branch, Wanted: commit}, w.Clock.Now())
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
	open, err := w.Leaks.Within(ctx, r.Scope, r.Name)
	if err != nil {
		return err
	}
	for _, f := range open {
		if err := w.Leaks.Gone(ctx, r.Scope, f.Place); err != nil {
			return err
		}
	}
	return nil
}

// Watch looks at branches that are due until ctx ends.
func (w *Watcher) Watch(ctx context.Context) error {
	return rounds.Rounds{Bell: w.bell, Idle: idle, Clock: w.Clock, Look: w.round}.Run(ctx)
}

func (w *Watcher) round(ctx context.Context) error {
	due, err := w.Store.Due(ctx, w.Clock.Now())
	for _, b := range due {
		now := w.Clock.Now()
		taken, err := w.Store.Take(ctx, b, now.Add(lookTime), b.Attempts+1)
		if err != nil {
			return err
		}
		if !taken {
			continue
		}
		if err := w.look(kernel.WithActor(ctx, kernel.System("leaks", b.Scope.Tenant)), b); err != nil && ctx.Err() == nil {
			if err := w.failed(ctx, b, err); err != nil {
				return err
			}
		}
	}
	return err
}

// failed has a branch looked at again later, and leaves it when that failed often.
func (w *Watcher) failed(ctx context.Context, b Branch, cause error) error {
	w.Log.WarnContext(ctx, "a branch could not be looked through for leaked values", "repository", b.Repository, "branch", b.Name, "attempt", b.Attempts+1, "error", cause)
	if b.Attempts+1 >= attempts {
		return w.Store.Looked(ctx, b, b.Looked) // the next push has it looked at
	}
	return nil
}

// look looks at a branch: at what was changed since the last time, or at all of it.
func (w *Watcher) look(ctx context.Context, b Branch) error {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	r, err := w.Repositories.RepositoryByID(ctx, b.Repository)
	if kernel.Is(err, kernel.NotFound) {
		return w.Store.Drop(ctx, b.Scope, b.Repository, "")
	}
	if err != nil {
		return err
	}
	commit := b.Wanted
	if commit == "" {
		if commit, err = w.Repositories.Head(ctx, r, b.Name); kernel.Is(err, kernel.NotFound) || err == nil && commit == "" {
			return w.Store.Looked(ctx, b, b.Looked) // nothing was pushed to it yet
		} else if err != nil {
			return err
		}
	}
	l, err := w.open(ctx, r, b.Name, commit, commit)
	if err != nil {
		return err
	}
	defer l.close()
	if l.problem != nil {
		w.Log.WarnContext(ctx, "the rules of a repository were left out, as they are wrong", "repository", r.Name, "error", l.problem)
	}
	names, err := l.since(ctx, b.Looked)
	if err != nil {
		return err
	}
	found, err := l.all(ctx, names, 0)
	if err != nil {
		return err
	}
	if found.Incomplete != "" {
		w.Log.WarnContext(ctx, "a repository was not wholly looked through for leaked values", "repository", r.Name, "what", found.Incomplete)
	}
	return w.Store.Looked(ctx, b, commit)
}
