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
func (st *step) asking(ctx context.Context, kind CheckKind) context.Context {
	ctx = st.acting(ctx)
	if kind != ApplyCheck {
		return ctx
	}
	actor, _ := kernel.ActorFrom(ctx)
	actor.Kind = kernel.ActorSystem
	return kernel.WithActor(ctx, actor)
}
