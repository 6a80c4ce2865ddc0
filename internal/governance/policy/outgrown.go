package policy

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// strictest is the strictest level that what an exemption is from has on a stage of
// its scope; known is false where there is no such policy.
func (s *Service) strictest(ctx context.Context, e Exemption) (level Level, known bool, err error) {
	m := s.newMeasure(ctx)
	if m.missing != nil {
		return "", false, m.missing
	}
	return m.strictest(ctx, e)
}

// measure holds exemptions against today's policies and levels, which it reads once
// for each project.
type measure struct {
	s        *Service
	policies []Policy
	// missing is why there may be more policies than those.
	missing error
	levels  map[kernel.Scope]Assigned
}

func (s *Service) newMeasure(ctx context.Context) measure {
	all, err := s.policies(ctx)
	return measure{s, all, err, map[kernel.Scope]Assigned{}}
}

func (m measure) strictest(ctx context.Context, e Exemption) (level Level, known bool, err error) {
	where := kernel.Scope{Tenant: e.Scope.Tenant, Project: e.Scope.Project}
	levels, read := m.levels[where]
	if !read {
		if levels, err = m.s.levels(ctx, Context{Tenant: where.Tenant, Project: where.Project}, Proposed{}); err != nil {
			return "", false, err
		}
		m.levels[where] = levels
	}
	level = Advisory
	for _, st := range m.s.stages(e.Scope) {
		c := Context{Tenant: e.Scope.Tenant, Project: e.Scope.Project, Stage: st.Name, Target: st.Target, Runtime: st.Runtime}
		for _, p := range m.policies {
			if e.Policy != p.ID && (e.Set == "" || e.Set != p.Source) {
				continue
			}
			here, _ := levels.Level(p, c)
			level, known = stricter(level, here), true
		}
	}
	return level, known, nil
}

// hold notes in an approved exemption where it does not count, or that it is for
// nothing any more, as far as that is known.
func (m measure) hold(ctx context.Context, e *Exemption) error {
	if e.Status != Approved {
		return nil
	}
	now, known, err := m.strictest(ctx, *e)
	switch {
	case err != nil:
		return err
	case known && !e.Level.AtLeast(now):
		e.Outgrown = now
	case !known && len(m.s.stages(e.Scope)) == 0:
		e.Idle = "there is no stage " + e.Scope.Stage + " any more"
	case !known && m.missing != nil: // nobody knows
	case !known && e.Set != "":
		e.Idle = "there are no policies of " + e.Set + " any more"
	case !known:
		e.Idle = "there is no policy " + e.Policy + " any more"
	}
	return nil
}
