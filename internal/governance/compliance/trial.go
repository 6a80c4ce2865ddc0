package compliance

import (
	"context"
	"path"
	"slices"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// trial is what is tried: what policies say of a document, and what they would.
type trial struct {
	ids []string
	try func(ctx context.Context, in policy.Input) (before, after []policy.Result, err error)
}

// Prepared is a preview that is allowed, and whose policies compile.
type Prepared struct {
	service *Service
	trial   trial
	sight   Sight
	filter  Filter
}

// Prepare checks a preview: whether the caller may, and whether it makes sense.
func (s *Service) Prepare(ctx context.Context, scope kernel.Scope, p Preview) (*Prepared, error) {
	sight, err := s.sight(ctx, ActionPreview, scope)
	if err != nil {
		return nil, err
	}
	t, err := s.trial(ctx, scope.Tenant, p)
	if err != nil {
		return nil, err
	}
	return &Prepared{service: s, trial: t, sight: sight, filter: p.Filter}, nil
}

func (s *Service) trial(ctx context.Context, tenant string, p Preview) (trial, error) {
	if p.Assignment == nil {
		return s.offered(ctx, p.Policies)
	}
	return s.proposed(ctx, tenant, *p.Assignment)
}

// offered tries policies in place of those of the same ids that hold.
func (s *Service) offered(ctx context.Context, f policy.Folder) (trial, error) {
	set, err := s.Policies.Compile(ctx, f)
	if err != nil {
		return trial{}, err
	}
	ids := idsOf(set.Policies(), func(policy.Policy) bool { return true })
	if len(ids) == 0 {
		return trial{}, kernel.Errorf(kernel.Invalid, "there is no policy in %s", f.Name).WithFix("name a folder with rules deny, warn or violation in files *.rego")
	}
	return trial{ids: ids, try: func(ctx context.Context, in policy.Input) (before, after []policy.Result, err error) {
		now, err := s.Policies.Eval(ctx, in, within(ids))
		if err != nil {
			return nil, nil, err
		}
		then, err := set.Eval(ctx, in)
		return now.Results, then.Results, err
	}}, nil
}

func within(ids []string) func(policy.Policy) bool {
	return func(p policy.Policy) bool { _, found := slices.BinarySearch(ids, p.ID); return found }
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

// proposed tries a level for policies that hold, or are off.
func (s *Service) proposed(ctx context.Context, tenant string, a policy.Assignment) (trial, error) {
	all, err := s.Policies.All(ctx, tenant)
	if err != nil {
		return trial{}, err
	}
	ids := idsOf(all, func(p policy.Policy) bool { named, _ := path.Match(a.Policies, p.ID); return named })
	if len(ids) == 0 {
		return trial{}, kernel.Errorf(kernel.NotFound, "there is no policy %s", a.Policies).WithFix("terrace policy list shows those that Terrace ships")
	}
	byID := map[string]policy.Policy{}
	for _, p := range all {
		byID[p.ID] = p
	}
	return trial{ids: ids, try: func(ctx context.Context, in policy.Input) (before, after []policy.Result, err error) {
		bare, err := s.Policies.Bare(ctx, in, within(ids))
		for _, r := range bare.Results {
			p, known := byID[r.Policy]
			if !known { // it is the word of policies that could not be loaded
				after = append(after, r)
				continue
			}
			level, on := s.Policies.Level(p, in.Context)
			if p.Level = policy.Off; on {
				p.Level, before = level, append(before, at(r, level))
			}
			if level, on = (policy.Assignments{a}).Level(p, in.Context); on {
				after = append(after, at(r, level))
			}
		}
		return before, after, err
	}}, nil
}

func at(r policy.Result, l policy.Level) policy.Result {
	r.Level = l
	return r
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
	subject, err := p.service.Estate.Look(system, place)
	if kernel.Is(err, kernel.NotFound) {
		return impact, false, nil
	}
	var before, after []policy.Result
	if err == nil {
		before, after, err = p.trial.try(system, subject.Input)
	}
	if ended := ctx.Err(); ended != nil {
		return impact, false, ended
	}
	if err != nil {
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
