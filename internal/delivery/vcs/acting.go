package vcs

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// acting is in the name of who changed the pull request last.
func (st *step) acting(ctx context.Context) context.Context {
	actor := st.p.Actor
	if actor.ID == "" {
		actor = kernel.System("vcs", st.repo.Scope.Tenant)
	}
	if st.p.Work.Cause != "" {
		ctx = kernel.WithCause(ctx, st.p.Work.Cause)
	}
	return kernel.WithActor(ctx, actor)
}

// asking is in the name of who asks for a run. What is applied, the binding lets
// them that may merge; who they are stays, for a stage that wants somebody else
// to approve.
//
// The token that they came by bounds it all the same: the decision point asks a person's,
// and what is applied is asked here.
func (st *step) asking(ctx context.Context, kind CheckKind) context.Context {
	ctx = st.acting(ctx)
	actor, _ := kernel.ActorFrom(ctx)
	actor.Limits = st.p.Bounds.Limits()
	if kind == ApplyCheck {
		actor.Kind = kernel.ActorSystem
	}
	return kernel.WithActor(ctx, actor)
}

// reaches refuses what is beyond the token that the pull request was merged, or was asked
// to be applied, with.
func (st *step) reaches(c *Check) error {
	if c.Kind != ApplyCheck || st.p.Bounds.Has(c.Scope.InStage(c.Stage)) {
		return nil
	}
	return kernel.Errorf(kernel.Denied, "the token that %s came with is not for %s of %s", st.p.Actor.Name, c.Stage, c.Scope.Project).
		WithFix("somebody whose token is, or who signs in, applies it: terrace pr apply %d --repo %s", c.Number, st.repo.Name)
}
