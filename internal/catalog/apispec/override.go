package apispec

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// RequestOverride asks for a revision to replace the one that stands on a stage
// although it breaks clients. Somebody else approves it.
func (s *Service) RequestOverride(ctx context.Context, k Key, stage string, number int64, reason string) (Override, error) {
	if err := s.mayPublish(ctx, k, stage); err != nil {
		return Override{}, err
	}
	if reason == "" {
		return Override{}, kernel.Errorf(kernel.Invalid, "there is no reason").WithFix("say why clients are to be broken")
	}
	before, err := s.Store.Standing(ctx, k, stage)
	if err != nil {
		return Override{}, err
	}
	next, err := s.Store.Revision(ctx, k, number)
	if err != nil {
		return Override{}, err
	}
	broken, err := s.broken(ctx, before, next)
	if err != nil {
		return Override{}, err
	}
	if len(broken) == 0 {
		return Override{}, kernel.Errorf(kernel.Conflict, "revision %d breaks no client of revision %d", next.Number, before.Revision).WithFix("publish it")
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	o := Override{
		Key: k, ID: kernel.NewID("apio"), Stage: stage, From: before.Revision, To: next.Number, Changes: broken,
		Reason: reason, RequestedBy: actor.ID, RequestedAt: s.Clock.Now(),
	}
	return o, s.decide(ctx, o, "api.break_requested", reason)
}

// ApproveOverride lets it happen. Who asked does not approve.
func (s *Service) ApproveOverride(ctx context.Context, scope kernel.Scope, id, reason string) (Override, error) {
	o, err := s.override(ctx, scope, id)
	if err != nil {
		return Override{}, err
	}
	if err := s.Authorizer.Authorize(ctx, ActionApprove, o.scope().InStage(o.Stage)); err != nil {
		return Override{}, err
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	switch {
	case o.ApprovedAt != nil:
		return o, nil
	case actor.ID == o.RequestedBy:
		return Override{}, kernel.Errorf(kernel.Refused, "who asks for an override does not approve it").WithFix("ask somebody else who may approve on %s", o.Stage)
	}
	o.ApprovedBy, o.ApprovedAt = actor.ID, new(s.Clock.Now())
	return o, s.decide(ctx, o, "api.break_approved", reason)
}

// override returns one to whoever may read the project.
func (s *Service) override(ctx context.Context, scope kernel.Scope, id string) (Override, error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return Override{}, err
	}
	within, err := s.sight(ctx, scope)
	if err != nil {
		return Override{}, err
	}
	o, err := s.Decisions.Override(ctx, scope, id)
	if kernel.Is(err, kernel.NotFound) || err == nil && !within.Has(o.Project, o.Stage) {
		return Override{}, kernel.Errorf(kernel.NotFound, "the override %s does not exist", id).WithFix("see those of the project with: terrace api overrides")
	}
	return o, err
}

func (s *Service) decide(ctx context.Context, o Override, fact, reason string) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Decisions.PutOverride(ctx, o); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{
			Type: fact, Scope: o.scope().InStage(o.Stage), Subject: o.ID, Reason: reason,
			Data: told(o.Key, o.Stage, o.To, map[string]any{"api": o.API, "before": o.From, "changes": len(o.Changes)}),
		})
	})
}

// Overrides returns those of a project, the newest first.
func (s *Service) Overrides(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Override], error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return kernel.Page[Override]{}, err
	}
	within, err := s.sight(ctx, scope)
	if err != nil {
		return kernel.Page[Override]{}, err
	}
	all, err := s.Decisions.Overrides(ctx, scope, within, page.Cursor, page.Size()+1)
	return kernel.PageOf(all, page, func(o Override) string { return o.ID }), err
}
