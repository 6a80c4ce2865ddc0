package source

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// leaseTime is how long a reconciliation may hold its source without keeping it.
const leaseTime = objectTime + time.Minute

// lease takes or keeps the right to reconcile a source.
func (s *Service) lease(ctx context.Context, n Source) error {
	now := s.Clock.Now()
	return s.Store.Lease(ctx, n.ID, s.Node, now, now.Add(leaseTime))
}

type reconcilingKey struct{}

// acting is in the name of who pushed last, and for that push; that it is the
// source's own work is known by the context, and by nothing that a caller could send.
func (s *Service) acting(ctx context.Context, n Source) context.Context {
	actor := kernel.System(n.origin(), n.Tenant)
	if by := n.Status.PushedBy; by != nil && by.ID != "" && by.Tenant == n.Tenant {
		actor.ID, actor.Name = by.ID, by.Name
	}
	return kernel.WithCause(kernel.WithActor(context.WithValue(ctx, reconcilingKey{}, n.ID), actor), n.Cause)
}

// Reconcile brings about what the repository says now. It is Locked while
// another daemon does.
func (s *Service) Reconcile(ctx context.Context, n Source) error {
	if err := s.lease(ctx, n); err != nil {
		return err
	}
	// Due again by a push while it lasts, or by the end of a lease that nobody kept.
	if err := s.Store.Push(ctx, n, nil, s.Clock.Now().Add(leaseTime)); err != nil {
		return err
	}
	// What was known of it may be older than what another daemon, or a person, did since.
	n, err := s.Store.Get(ctx, n.Tenant, n.Name)
	if err != nil {
		return err
	}
	ctx = s.acting(ctx, n)
	before := n.Status
	p, err := s.bring(ctx, n)
	if ctx.Err() != nil || kernel.Is(err, kernel.Locked) {
		return err
	}
	now := s.Clock.Now()
	n.Status = Status{Commit: before.Commit, PushedBy: before.PushedBy, At: &now, Phase: Ready}
	switch {
	case err != nil:
		n.Status.Phase, n.Status.Message = Failed, messageOf(err)
		n.Again = "" // what was asked for is still to be done
		s.Log.WarnContext(ctx, "a source could not be reconciled", "source", n.Name, "error", err)
	default:
		p.conclude(&n.Status)
	}
	return s.conclude(ctx, n, before)
}

func messageOf(err error) string {
	if kernel.KindOf(err) == kernel.Internal {
		return "it could not be reconciled, for an error of Terrace itself; its log has more"
	}
	return err.Error()
}

// bring reads the repository and applies what it says.
func (s *Service) bring(ctx context.Context, n Source) (*planner, error) {
	t, err := s.tree(ctx, n)
	if err != nil {
		return nil, err
	}
	p, err := s.plan(ctx, n, t)
	if err != nil {
		return nil, err
	}
	return p, p.apply(ctx)
}

// tree reads the newest commit; one that was read already is not read again.
func (s *Service) tree(ctx context.Context, n Source) (*tree, error) {
	where := kernel.Scope{Tenant: n.Tenant, Project: n.RepositoryProject}
	r, err := s.Repositories.Find(ctx, where, n.Repository)
	if err != nil {
		return nil, noRepository(n, err)
	}
	commit, err := s.Repositories.Head(ctx, r, n.Branch)
	if err != nil {
		return nil, err
	}
	if known, ok := s.trees.get(n, commit, s.Clock.Now()); ok {
		return known, nil
	}
	files, err := s.Repositories.Tree(ctx, r, commit)
	if err != nil {
		return nil, err
	}
	if n.Signers != "" {
		if err := verifyCommit(ctx, files, commit, n.Signers); err != nil {
			return nil, err
		}
	}
	t, err := readTree(ctx, n, files, commit, "")
	if err != nil {
		return nil, err
	}
	s.trees.put(n, t, s.Clock.Now())
	return t, nil
}
