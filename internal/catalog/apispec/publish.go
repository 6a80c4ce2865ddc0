package apispec

import (
	"context"
	"errors"
	"time"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/change"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/styleguide"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Publishing says which revision is to be published where.
type Publishing struct {
	Stage string
	// Revision is the number; 0 is that of the stage From, or the newest.
	Revision int64
	// From promotes what stands on another stage.
	From   string
	Reason string
	// Onto is what is thought to stand there; where it is something else, Publish fails as
	// kernel.Stale. Nil asks for nothing.
	Onto *Standing
}

// Publish has a stage serve a revision of a version. It is refused where the
// style guide has errors, and where the revision breaks clients of the one that
// stands there, unless that was approved. By hand it takes who may approve where changes
// of the stage are approved; others bring it with a run of the workload.
func (s *Service) Publish(ctx context.Context, k Key, p Publishing) (Standing, error) {
	if err := s.mayPublishByHand(ctx, k, p.Stage); err != nil {
		return Standing{}, err
	}
	next, err := s.chosen(ctx, k, p)
	if err != nil {
		return Standing{}, err
	}
	_, report, err := s.judge(ctx, k.Tenant, next.Source)
	if err != nil {
		return Standing{}, err
	}
	if err := styled(next, report); err != nil {
		return Standing{}, err
	}
	before, err := s.standing(ctx, k, p.Stage)
	if err != nil {
		return Standing{}, err
	}
	if p.Onto != nil && !p.Onto.same(before) {
		return Standing{}, meanwhile(before, k, p.Stage)
	}
	if before.Revision != 0 {
		if err := s.unbroken(ctx, before, next); err != nil {
			return Standing{}, err
		}
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	st := published(before, next, p.Stage, actor.Name, s.Clock.Now())
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		now, err := s.standing(ctx, k, p.Stage)
		switch {
		case err != nil:
			return err
		case !now.same(before):
			return meanwhile(now, k, p.Stage)
		}
		return s.stand(ctx, st, "api.published", p.Reason, map[string]any{"before": before.Revision})
	})
	s.changed(ctx, err)
	return st, err
}

func (st Standing) same(other Standing) bool {
	return st.Revision == other.Revision && st.State == other.State
}

func meanwhile(now Standing, k Key, stage string) error {
	return kernel.Errorf(kernel.Stale, "revision %d of %s was published on %s meanwhile", now.Revision, k, stage).WithFix("look at it, and publish again")
}

// published is where a version stands once a revision has taken the place of what was there.
func published(before Standing, next Revision, stage, by string, at time.Time) Standing {
	st := Standing{Key: next.Key, Stage: stage, State: Published, Revision: next.Number, PublishedBy: by, PublishedAt: at}
	if before.State == Deprecated { // a corrected document of what is on its way out
		st.State, st.DeprecatedAt, st.Sunset, st.Link = Deprecated, before.DeprecatedAt, before.Sunset, before.Link
	}
	return st
}

// standing is where a version stands on a stage; revision 0 is nowhere.
func (s *Service) standing(ctx context.Context, k Key, stage string) (Standing, error) {
	st, err := s.Store.Standing(ctx, k, stage)
	if kernel.Is(err, kernel.NotFound) {
		return Standing{}, nil
	}
	return st, err
}

func (s *Service) mayPublish(ctx context.Context, k Key, stage string) error {
	if err := s.Authorizer.Authorize(ctx, ActionPublish, k.scope().InStage(stage)); err != nil {
		return err
	}
	return s.Stages.Check(stage)
}

func (s *Service) mayPublishByHand(ctx context.Context, k Key, stage string) error {
	if err := s.Stages.Check(stage); err != nil || !s.Stages.Approved(stage) {
		return s.mayPublish(ctx, k, stage)
	}
	err := s.Authorizer.Authorize(ctx, ActionApprove, k.scope().InStage(stage))
	if told, ok := errors.AsType[*kernel.Error](err); ok && told.Kind == kernel.Denied && told.Fix == "" {
		return told.WithFix("changes of %s are approved: ask one who may, or promote a workload that serves %s (its annotation %s)", stage, k, Annotation)
	}
	return err
}

// chosen is the revision that is to be published.
func (s *Service) chosen(ctx context.Context, k Key, p Publishing) (Revision, error) {
	switch {
	case p.From != "" && p.Revision != 0:
		return Revision{}, kernel.Errorf(kernel.Invalid, "both a revision and a stage to promote from are named").WithFix("name one of them")
	case p.From == "":
		return s.Store.Revision(ctx, k, p.Revision)
	}
	st, err := s.Store.Standing(ctx, k, p.From)
	if err != nil {
		return Revision{}, err
	}
	return s.Store.Revision(ctx, k, st.Revision)
}

// styled refuses a revision that the style guide has errors about.
func styled(r Revision, report Report) error {
	if report.Errors == 0 {
		return nil
	}
	err := kernel.Errorf(kernel.Refused, "revision %d of %s breaks the style guide", r.Number, r.Key).
		WithFix("correct the document and upload it again")
	for _, f := range report.Findings {
		if f.Severity == styleguide.Error {
			_ = err.WithProblems(f.Problem)
		}
	}
	return err
}

// unbroken refuses a revision that breaks clients of what stands there, unless approved.
func (s *Service) unbroken(ctx context.Context, before Standing, next Revision) error {
	if before.Revision == next.Number || before.State == Retired {
		return nil // nobody calls what is gone
	}
	broken, err := s.broken(ctx, before, next)
	if err != nil || len(broken) == 0 {
		return err
	}
	approved, err := s.Decisions.Approved(ctx, next.Key, before.Stage, before.Revision, next.Number)
	if err != nil || approved {
		return err
	}
	refused := kernel.Errorf(kernel.Refused, "revision %d of %s breaks clients of revision %d on %s", next.Number, next.Key, before.Revision, before.Stage).
		WithFix("upload it as another version, or ask with terrace api override %s %s --stage %s --revision %d --reason WHY", next.API, next.Version, before.Stage, next.Number)
	for _, c := range broken {
		_ = refused.WithProblems(c.Problem())
	}
	return refused
}

func (s *Service) broken(ctx context.Context, before Standing, next Revision) ([]change.Change, error) {
	old, err := s.Store.Revision(ctx, before.Key, before.Revision)
	if err != nil {
		return nil, err
	}
	all, err := between(old, next)
	return change.Broken(all), err
}

// stand keeps where a version stands, with its fact.
func (s *Service) stand(ctx context.Context, st Standing, fact, reason string, more map[string]any) error {
	if err := s.Store.PutStanding(ctx, st); err != nil {
		return err
	}
	return s.Journal.Record(ctx, factOf(st, fact, reason, more))
}

func factOf(st Standing, fact, reason string, more map[string]any) kernel.Fact {
	return kernel.Fact{Type: fact, Scope: st.scope().InStage(st.Stage), Subject: st.API, Reason: reason, Data: told(st.Key, st.Stage, st.Revision, more)}
}

func (s *Service) changed(ctx context.Context, err error) {
	if err == nil && s.Changed != nil {
		s.Changed(ctx)
	}
}
