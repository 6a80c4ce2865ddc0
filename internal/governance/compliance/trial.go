package compliance

import (
	"context"
	"path"
	"slices"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// trial is what is tried: what would hold in place of what does, and for which policies
// that is looked at.
type trial struct {
	ids      []string
	proposed policy.Proposed
}

// Prepared is a preview that is allowed, and whose policies compile.
type Prepared struct {
	service *Service
	trial   trial
	sight   Sight
	filter  Filter
}

// MayPreview tells whether the caller may have a preview in the scope, before what they
// send is read.
func (s *Service) MayPreview(ctx context.Context, scope kernel.Scope) error {
	_, err := s.sight(ctx, ActionPreview, scope)
	return err
}

// Prepare checks a preview: whether the caller may, and whether it makes sense. Of those
// that may, no more are compiled at once than work at once.
func (s *Service) Prepare(ctx context.Context, scope kernel.Scope, p Preview) (*Prepared, error) {
	sight, err := s.sight(ctx, ActionPreview, scope)
	if err != nil {
		return nil, err
	}
	select {
	case s.preparing <- struct{}{}:
		defer func() { <-s.preparing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	t, err := s.trial(ctx, p)
	if err != nil {
		return nil, err
	}
	return &Prepared{service: s, trial: t, sight: sight, filter: p.Filter}, nil
}

func (s *Service) trial(ctx context.Context, p Preview) (trial, error) {
	if p.Assignment == nil {
		return s.offered(ctx, p.Policies)
	}
	return s.assigned(ctx, *p.Assignment)
}

// offered tries policies in place of those of the same ids that hold.
func (s *Service) offered(ctx context.Context, f policy.Folder) (trial, error) {
	all, err := s.Policies.Compile(ctx, f)
	if err != nil {
		return trial{}, err
	}
	if len(all) == 0 {
		return trial{}, kernel.Errorf(kernel.Invalid, "there is no policy in what was sent").WithFix("name a folder with rules deny, warn or violation in files *.rego")
	}
	return trial{ids: idsOf(all, func(policy.Policy) bool { return true }), proposed: policy.Proposed{Folders: []policy.Folder{f}}}, nil
}

func idsOf(all []policy.Policy, want func(policy.Policy) bool) []string {
	var ids []string
	for _, p := range all {
		if want(p) {
			ids = append(ids, p.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// assigned tries a level for policies that hold, or are off, as if the operator gave it.
func (s *Service) assigned(ctx context.Context, a policy.Assignment) (trial, error) {
	if err := s.knownStage(a.Stage); err != nil {
		return trial{}, err
	}
	all, err := s.Policies.Policies(ctx)
	if err != nil {
		return trial{}, err
	}
	ids := idsOf(all, func(p policy.Policy) bool { named, _ := path.Match(a.Policies, p.ID); return named })
	if len(ids) == 0 {
		return trial{}, kernel.Errorf(kernel.NotFound, "there is no policy %s", a.Policies).WithFix("see terrace policy list --server")
	}
	platform := append(slices.Clone(s.Policies.Assignments()), a)
	return trial{ids: ids, proposed: policy.Proposed{Platform: &platform}}, nil
}

// try returns what the policies that are looked at say of a document, and would.
func (p *Prepared) try(ctx context.Context, in policy.Input, workload string) (before, after []policy.Result, err error) {
	now, err := p.service.Policies.Evaluate(ctx, policy.Question{Input: in, Workload: workload})
	if err != nil {
		return nil, nil, err
	}
	then, err := p.service.Policies.Evaluate(ctx, policy.Question{Input: in, Workload: workload, Proposed: &p.trial.proposed})
	return p.trial.of(now), p.trial.of(then), err
}

// of are the results of the policies that are looked at.
func (t trial) of(r policy.Report) []policy.Result {
	return slices.DeleteFunc(r.Results, func(one policy.Result) bool {
		_, ours := slices.BinarySearch(t.ids, one.Policy)
		return !ours
	})
}

// Run tries it on all that is applied in the caller's sight, and tells each how far it
// is; nothing is kept.
func (p *Prepared) Run(ctx context.Context, tell func(Progress) error) error {
	select {
	case p.service.previews <- struct{}{}:
		defer func() { <-p.service.previews }()
	case <-ctx.Done():
		return ctx.Err()
	}
	places, err := p.places(ctx)
	if err != nil {
		return err
	}
	radius := Radius{Policies: p.trial.ids}
	for i, place := range places {
		impact, there, err := p.one(ctx, place)
		if err != nil {
			return err
		}
		line := Progress{Done: i + 1, Total: len(places)}
		if there {
			radius.count(impact)
			if len(impact.Changes) > 0 || impact.Message != "" {
				line.Stack = &impact
			}
		}
		if err := tell(line); err != nil {
			return err
		}
	}
	return tell(Progress{Done: len(places), Total: len(places), Radius: &radius})
}

// places are those that are applied in the caller's sight.
func (p *Prepared) places(ctx context.Context) ([]Place, error) {
	var all []Place
	for page := (kernel.PageRequest{Limit: kernel.MaxPageSize}); ; {
		found, err := p.service.Store.Standings(ctx, p.sight, p.filter, page)
		if err != nil {
			return nil, err
		}
		for _, one := range found.Items {
			all = append(all, Place{Scope: kernel.Scope{Tenant: p.sight.Tenant, Project: one.Project, Stage: one.Stage}, Workload: one.Workload})
		}
		if page.Cursor = found.Next; page.Cursor == "" {
			return all, nil
		}
	}
}

// one tries it on one stack; false where nothing is applied there any longer.
func (p *Prepared) one(ctx context.Context, place Place) (Impact, bool, error) {
	impact := Impact{Project: place.Scope.Project, Stage: place.Scope.Stage, Workload: place.Workload, Changes: []Change{}}
	system := kernel.WithActor(ctx, kernel.System("compliance", place.Scope.Tenant))
	subject, err := p.service.Estate.Look(system, place, "")
	if kernel.Is(err, kernel.NotFound) {
		return impact, false, nil
	}
	var before, after []policy.Result
	if err == nil {
		before, after, err = p.try(system, subject.Input, place.Workload)
	}
	if ended := ctx.Err(); ended != nil {
		return impact, false, ended
	}
	if err != nil {
		p.service.Log.WarnContext(ctx, "policies cannot be tried on what is applied", "stack", place.Stack(), "error", err)
		impact.Message, impact.Fix = said(err)
		return impact, true, nil
	}
	cut(before, subject)
	cut(after, subject)
	impact.Changes = compare(before, after)
	if over := len(impact.Changes) - keptChanges; over > 0 {
		impact.Changes, impact.Omitted = impact.Changes[:keptChanges], over
	}
	return impact, true, nil
}
