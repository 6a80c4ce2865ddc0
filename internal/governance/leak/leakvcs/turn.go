package leakvcs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

var (
	// errOver ends a look whose turn is over; it goes on later.
	errOver = errors.New("the turn is over")
	// errNewer ends a look at a commit when another one is wanted.
	errNewer = errors.New("another commit is wanted")
)

// turn looks at a branch for a while. What fails is tried again, and told where it failed
// often.
func (w *Watcher) turn(ctx context.Context, b Branch) {
	ctx = kernel.WithActor(ctx, kernel.System("leaks", b.Scope.Tenant))
	err := w.look(ctx, b)
	if err == nil || ctx.Err() != nil || errors.Is(err, errOver) || errors.Is(err, errNewer) {
		return
	}
	w.Log.WarnContext(ctx, "a branch could not be looked through for leaked values", "repository", b.Repository, "branch", b.Name, "attempt", b.Attempts+1, "error", err)
	if b.Attempts+1 < attempts {
		return // it is due when nobody has it any more
	}
	if err := w.end(ctx, b); err != nil {
		w.Log.ErrorContext(ctx, "how far a branch is looked at could not be written", "repository", b.Repository, "branch", b.Name, "error", err)
	}
}

// end leaves a branch as it was looked at last, and tells so. The next push has it looked at.
func (w *Watcher) end(ctx context.Context, b Branch) error {
	at := leak.Place{Kind: leak.Repository, Repository: b.Repository, Branch: b.Name}
	if r, err := w.Repositories.RepositoryByID(ctx, b.Repository); err == nil {
		at.Repository = r.Name
	}
	if err := w.Leaks.Unseen(ctx, b.Scope, at, fmt.Sprintf("that failed %d times", attempts)); err != nil {
		return err
	}
	b.Sought, b.Shipped = b.Asked, w.Shipped.Digest()
	return w.Store.Looked(ctx, b, w.Clock.Now())
}

// look looks at a branch: at what was changed since the last time or, by other rules or the
// first time, at all of it. Own values are looked for in all of it where some were added.
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
	commit, err := w.commit(ctx, r, b)
	if err != nil || commit == "" {
		return err
	}
	l, err := w.open(ctx, r, b.Name, commit, commit)
	if err != nil {
		return err
	}
	defer l.close()
	l.by = b.Pusher
	p, resumed := l.begin(ctx, b)
	targets, err := l.targets(ctx, b, p, resumed)
	if err != nil {
		return err
	}
	past, more, err := l.before(ctx, b, p)
	if err != nil {
		return err
	}
	targets = append(targets, past...)
	if l.problem != nil && slices.ContainsFunc(targets, target.rules) {
		if err := w.Leaks.Unseen(ctx, b.Scope, l.place(), "by the rules of the repository, as they are wrong: "+l.problem.Error()); err != nil {
			return err
		}
	}
	p.Commit = commit
	at := &reached{Watcher: w, branch: b, Progress: p, began: w.Clock.Now(), noted: w.Clock.Now()}
	found, err := l.all(ctx, targets, 0, at.passed)
	if err != nil && ctx.Err() != nil {
		return at.leave(ctx)
	}
	if err != nil {
		return err
	}
	left := found.Incomplete
	if more > 0 {
		left = strings.TrimSpace(fmt.Sprintf("the oldest %d commits\n%s", more, left))
	}
	if left != "" {
		if err := w.Leaks.Unseen(ctx, b.Scope, l.place(), left); err != nil {
			return err
		}
	}
	b.Looked, b.Rules, b.Shipped, b.Sought = commit, p.Rules, w.Shipped.Digest(), p.Asked
	return w.Store.Looked(context.WithoutCancel(ctx), b, w.Clock.Now()) // else it would be looked at again, and late
}

// place is the branch that is looked at.
func (l *looking) place() leak.Place {
	return leak.Place{Kind: leak.Repository, Repository: l.repo.Name, Branch: l.branch}
}

// rules reports whether a file has rules of the repository that may have changed.
func (t target) rules() bool {
	return !t.known && (t.name == leakscan.ConfigFile || t.name == leakscan.IgnoreFile)
}

// commit is the one to look at; "" where nothing was pushed to the branch yet.
func (w *Watcher) commit(ctx context.Context, r vcs.Repository, b Branch) (string, error) {
	if b.Wanted != "" {
		return b.Wanted, nil
	}
	commit, err := w.Repositories.Head(ctx, r, b.Name)
	if kernel.Is(err, kernel.NotFound) || err == nil && commit == "" {
		b.Sought = b.Asked
		return "", w.Store.Looked(ctx, b, w.Clock.Now())
	}
	return commit, err
}

// begin is where the look begins: where it was left, where the rest of it is what is to be
// done now.
func (l *looking) begin(ctx context.Context, b Branch) (p Progress, resumed bool) {
	fresh := Progress{
		Rules: l.rules.Digest(), All: b.Looked == "" || !l.files.Has(ctx, b.Looked) || b.Rules != l.rules.Digest(), Known: b.Asked != b.Sought, Asked: b.Asked,
	}
	was := b.Progress
	if was == nil || was.Rules != fresh.Rules || was.All != fresh.All || !was.All && was.Known != fresh.Known || !l.files.Has(ctx, was.Commit) {
		return fresh, false
	}
	return *was, true
}

// targets are the files that are left to look at, by name.
func (l *looking) targets(ctx context.Context, b Branch, p Progress, resumed bool) ([]target, error) {
	var changed, all, again []string
	var err error
	if !p.All {
		if changed, err = l.files.Changed(ctx, b.Looked, l.commit); err != nil {
			return nil, err
		}
	}
	if p.All || p.Known {
		if all, err = l.present(ctx); err != nil {
			return nil, err
		}
	}
	if resumed && p.Commit != l.commit {
		if again, err = l.files.Changed(ctx, p.Commit, l.commit); err != nil {
			return nil, err
		}
	}
	ruled, changing := setOf(changed, again), setOf(again)
	names := slices.Concat(changed, all, again)
	slices.Sort(names)
	var left []target
	for _, name := range slices.Compact(names) {
		if resumed && name <= p.After && !changing[name] {
			continue
		}
		left = append(left, target{name: name, known: !p.All && !ruled[name]})
	}
	return left, nil
}

// before are the contents of the commits that came since the last look, the first time of all
// there are but those of the default branch, which is looked at by itself, which the newest
// has no more. Where the look goes on, the commit behind which it
// does and all before it are done.
func (l *looking) before(ctx context.Context, b Branch, p Progress) ([]target, int, error) {
	others := []string{b.Looked, p.Past}
	if b.Looked == "" && b.Name != l.repo.DefaultBranch {
		first, err := l.Repositories.Head(ctx, l.repo, l.repo.DefaultBranch)
		if err != nil && !kernel.Is(err, kernel.NotFound) {
			return nil, 0, err
		}
		others = append(others, first)
	}
	all, more, err := l.past(ctx, maxCommits, l.here(ctx, others...)...)
	return slices.DeleteFunc(all, func(t target) bool { return t.was.Commit == p.In && t.name <= p.At }), more, err
}

func setOf(lists ...[]string) map[string]bool {
	all := map[string]bool{}
	for _, name := range slices.Concat(lists...) {
		all[name] = true
	}
	return all
}

// present are all files of the commit, and those that are gone of which something is known.
func (l *looking) present(ctx context.Context) ([]string, error) {
	names := slices.Collect(maps.Keys(l.there))
	err := l.Leaks.Within(ctx, l.repo.Scope, l.repo.Name, func(page []leak.Finding) error {
		for _, f := range page {
			if f.Place.Branch == l.branch && f.Place.Pull == 0 {
				names = append(names, f.Place.Path)
			}
		}
		return nil
	})
	return names, err
}

// reached is how far a look is.
type reached struct {
	*Watcher
	Progress

	branch       Branch
	began, noted time.Time
	// any says that it came further than where it began.
	any bool
}

// passed notes now and then how far the look is, and ends it when its turn is over or
// another commit is wanted.
func (r *reached) passed(ctx context.Context, t target) error {
	r.any = true
	switch {
	case t.was == nil:
		r.After = whole(t.name)
	case r.In != t.was.Commit:
		r.Past, r.In, r.At = r.In, t.was.Commit, whole(t.name)
	default:
		r.At = whole(t.name)
	}
	now := r.Clock.Now()
	if now.Sub(r.began) >= turn {
		return r.leave(ctx)
	}
	if now.Sub(r.noted) < note {
		return nil
	}
	r.noted = now
	return r.write(ctx, now.Add(lookTime))
}

// whole is the part of a name that can be kept, which does not come behind it.
func whole(name string) string {
	for i, r := range name {
		if r == utf8.RuneError {
			return name[:i]
		}
	}
	return name
}

// leave ends the look for now: others come first, and it goes on where it is.
func (r *reached) leave(ctx context.Context) error {
	if !r.any {
		return ctx.Err()
	}
	if err := r.write(context.WithoutCancel(ctx), r.Clock.Now()); err != nil {
		return err
	}
	return errOver
}

func (r *reached) write(ctx context.Context, due time.Time) error {
	held, err := r.Store.Reached(ctx, r.branch, r.Progress, due)
	if err == nil && !held {
		return errNewer
	}
	return err
}
