package vcs

import (
	"context"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Denied is one ref of a push that is not allowed.
type Denied struct{ Ref, Why string }

// ForPush finds the repository that the actor of ctx may push to.
func (s *Service) ForPush(ctx context.Context, scope kernel.Scope, name string) (Repository, error) {
	return s.forGit(ctx, ActionPush, scope, name)
}

// ForRead finds the repository that the actor of ctx may clone.
func (s *Service) ForRead(ctx context.Context, scope kernel.Scope, name string) (Repository, error) {
	return s.forGit(ctx, ActionRead, scope, name)
}

func (s *Service) forGit(ctx context.Context, action string, scope kernel.Scope, name string) (Repository, error) {
	r, err := s.allowed(ctx, action, scope, name)
	if err != nil {
		return r, err
	}
	if r.Provider != Hosted {
		return r, kernel.Errorf(kernel.NotFound, "%s is on %s, not here", name, r.Provider)
	}
	return r, s.Files(r).Init(ctx, r.DefaultBranch) // made already, but for a crash in its creation
}

// Deny returns the refs of a push that the actor of ctx may not move, each with
// the reason.
func (s *Service) Deny(ctx context.Context, r Repository, refs []Push) ([]Denied, error) {
	var denied []Denied
	for _, p := range refs {
		why, err := s.denyRef(ctx, r, p)
		if err != nil {
			return nil, err
		}
		if why != "" {
			denied = append(denied, Denied{p.Ref, why})
		}
	}
	return denied, nil
}

func (s *Service) denyRef(ctx context.Context, r Repository, p Push) (string, error) {
	branch, isBranch := strings.CutPrefix(p.Ref, "refs/heads/")
	tag, isTag := strings.CutPrefix(p.Ref, "refs/tags/")
	switch {
	case !isBranch && !isTag:
		return "only branches and tags are pushed", nil
	case !gitexec.IsBranch(branch + tag):
		return "the name has letters that are not allowed here", nil
	case isTag || branch != r.DefaultBranch:
		return "", nil
	case p.After == gitexec.Zero:
		return "the default branch is not deleted", nil
	case !r.Protection.protected():
		return "", nil
	case r.Protection.Push == nobody:
		return s.denyFirst(ctx, r, branch)
	}
	ok, err := s.Roles.HasRole(ctx, ActionPush, r.Scope, r.Protection.Push)
	if err != nil || ok {
		return "", err
	}
	return branch + " is protected: pushing to it needs the role " + r.Protection.Push + "; open a pull request", nil
}

// denyFirst decides about a branch that only merges change. Before its first
// commit there is nothing to merge into: that one is pushed by who may merge.
func (s *Service) denyFirst(ctx context.Context, r Repository, branch string) (string, error) {
	refs, err := s.Files(r).Refs(ctx, "refs/heads/"+branch)
	switch {
	case err != nil:
		return "", err
	case len(refs) > 0:
		return branch + " is protected: it changes by merges alone", nil
	case r.Protection.Merge == "":
		return "", nil
	}
	ok, err := s.Roles.HasRole(ctx, ActionPush, r.Scope, r.Protection.Merge)
	if err != nil || ok {
		return "", err
	}
	return branch + " is protected: its first commit needs the role " + r.Protection.Merge, nil
}

// Strict reports whether a push may only add to the branches it moves: it moves the default
// one, and the actor of ctx may not rewrite that.
func (s *Service) Strict(ctx context.Context, r Repository, refs []Push) (bool, error) {
	if !slices.ContainsFunc(refs, func(p Push) bool { return p.Ref == "refs/heads/"+r.DefaultBranch }) {
		return false, nil
	}
	if r.Protection.Rewrite == "" {
		return true, nil
	}
	ok, err := s.Roles.HasRole(ctx, ActionPush, r.Scope, r.Protection.Rewrite)
	return !ok, err
}

// Room returns how many bytes may still be pushed to the repository.
func (s *Service) Room(r Repository) (int64, error) {
	size, err := s.Files(r).Size()
	if err != nil {
		return 0, err
	}
	if size >= r.Quota {
		return 0, kernel.Errorf(kernel.TooLarge, "%s has used its quota of %d MiB", r.Name, r.Quota>>20).WithFix("an admin can make a repository with a larger quota")
	}
	return r.Quota - size, nil
}

// Push runs receive, which may move the refs, while no other push to the
// repository is under way. What it moved is recorded before Push returns, or
// after the next start when the process dies in between.
func (s *Service) Push(ctx context.Context, r Repository, refs []Push, receive func(ctx context.Context) error) error {
	lock := s.locks.of(r.ID)
	lock.Lock()
	defer lock.Unlock()
	_, err := s.push(ctx, r, refs, receive)
	return err
}

// push returns the id of the event that tells of it.
func (s *Service) push(ctx context.Context, r Repository, refs []Push, receive func(ctx context.Context) error) (told string, err error) {
	p := Pushing{ID: kernel.NewID("push"), Repository: r.ID, Scope: r.Scope, BegunAt: s.Clock.Now(), Event: kernel.NewID("evt")}
	p.By, _ = kernel.ActorFrom(ctx)
	p.Bounds = run.BoundsOf(p.By)
	before, err := s.Files(r).Refs(ctx, "refs/heads", "refs/tags")
	if err != nil {
		return "", err
	}
	for _, ref := range refs {
		if at, ok := before[ref.Ref]; at != ref.After && (ok || ref.After != gitexec.Zero) {
			p.Refs = append(p.Refs, ref) // the others are where they are wanted already
		}
	}
	if err := s.Store.AddPushing(ctx, p); err != nil {
		return "", err
	}
	failed := receive(ctx)
	if err := s.ended(context.WithoutCancel(ctx), r, p); err != nil {
		return "", err
	}
	return p.Event, failed
}

// ended records what a push has moved.
func (s *Service) ended(ctx context.Context, r Repository, p Pushing) error {
	moved, err := s.moved(ctx, r, p)
	if err != nil {
		return err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.RemovePushing(ctx, p.Scope, p.ID); err != nil {
			return err
		}
		for _, m := range moved {
			if err := s.Store.AddDelivery(ctx, s.delivery(r, p, m)); err != nil {
				return err
			}
		}
		if len(moved) == 0 {
			return nil
		}
		return s.recordAs(ctx, p.Event, r, "vcs.pushed", map[string]any{"refs": moved, "push": p.ID})
	})
	if kernel.Is(err, kernel.Conflict) {
		return nil // another process that began meanwhile has recorded it
	}
	if err == nil && len(moved) > 0 {
		s.nudge()
	}
	return err
}

// moved returns the refs that are where the push wanted them and were not before.
func (s *Service) moved(ctx context.Context, r Repository, p Pushing) ([]Push, error) {
	now, err := s.Files(r).Refs(ctx, "refs/heads", "refs/tags")
	if err != nil {
		return nil, err
	}
	moved := []Push{}
	for _, ref := range p.Refs {
		at, ok := now[ref.Ref]
		if !ok {
			at = gitexec.Zero
		}
		if at == ref.After {
			ref.By = p.By.Name
			moved = append(moved, ref)
		}
	}
	return moved, nil
}

// delivery is a push to a hosted repository, on its way through the same inbox
// as a provider's.
func (s *Service) delivery(r Repository, p Pushing, ref Push) Delivery {
	key := p.ID + "/" + ref.Ref
	d := Delivery{
		ID: kernel.NewID("hook"), Repository: r.ID, Scope: r.Scope, Key: key, Digest: kernel.DigestOf([]byte(key)), ReceivedAt: s.Clock.Now(),
		Event: Event{Kind: PushEvent, At: s.Clock.Now(), Push: ref, Cause: p.Event},
	}
	d.Event.Actor, d.Event.Bounds = p.By, p.Bounds
	return d
}

// recover records the pushes that a former process did not see the end of.
func (s *Service) recover(ctx context.Context) error {
	left, err := s.Store.Pushings(ctx, 1000)
	if err != nil {
		return err
	}
	for _, p := range left {
		if err := s.recoverOne(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) recoverOne(ctx context.Context, p Pushing) error {
	lock := s.locks.of(p.Repository)
	lock.Lock() // one that is under way here ends first
	defer lock.Unlock()
	r, err := s.Store.RepositoryByID(ctx, p.Repository)
	if kernel.Is(err, kernel.NotFound) {
		return s.Store.RemovePushing(ctx, p.Scope, p.ID)
	}
	if err != nil || !s.Files(r).Exists() {
		return err
	}
	return s.ended(kernel.WithActor(ctx, p.By), r, p)
}
