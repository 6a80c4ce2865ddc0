package policy

import (
	"context"
	"time"
)

// Question is what policies are asked.
type Question struct {
	// Input is the document. Its Context says where it is: tenant, project, stage and
	// target decide on levels and exemptions.
	Input Input
	// Workload is the name of the workload that the document is of, "" for none: its
	// exemptions count, too.
	Workload string
	// Proposed is what shall hold instead of what holds; nil is nothing.
	Proposed *Proposed
	// Timeout bounds each policy; 0 is the default.
	Timeout time.Duration
}

// Proposed is what somebody wants to know the effect of.
type Proposed struct {
	// Platform, where it is not nil, is in place of the operator's assignments.
	Platform *Assignments
	// Assignments, where it is not nil, are in place of those that tenants and projects
	// made. They tighten as those do.
	Assignments *Assignments
	// Folders are policies beside the live ones; one with the id of a live policy
	// takes its place.
	Folders []Folder
	// NoExemptions tells everything as if nobody were exempt.
	NoExemptions bool
}

// Evaluate asks the live policies about a document, at the levels that hold where
// it is; what is exempt there is told as Exempted. It asks nobody for a right: who
// calls it has. Policies that err are in the report, at their level.
func (s *Service) Evaluate(ctx context.Context, q Question) (Report, error) {
	p := Proposed{}
	if q.Proposed != nil {
		p = *q.Proposed
	}
	levels, err := s.levels(ctx, q.Input.Context, p)
	if err != nil {
		return Report{}, err
	}
	level := func(rule Policy) (Level, bool) { return levels.Level(rule, q.Input.Context) }
	report, err := s.Sets.Evaluate(ctx, q.Input, Evaluation{Level: level, Beside: p.Folders, Timeout: q.Timeout})
	if err != nil {
		return Report{}, err
	}
	report.JudgeWhole(q.Input, level)
	report.judgeFound(s.Native, q.Input.Found, level)
	report.Notices = append(report.Notices, q.Input.Notices...)
	err = s.exempt(ctx, q, &report)
	return report, err
}

// levels are those that hold in a context, or would.
func (s *Service) levels(ctx context.Context, c Context, p Proposed) (Assigned, error) {
	l := Assigned{Platform: s.Platform}
	if p.Platform != nil {
		l.Platform = *p.Platform
	}
	if p.Assignments != nil {
		l.Tenant = *p.Assignments
		return l, nil
	}
	if s.Store == nil {
		return l, nil
	}
	all, err := s.Store.InForce(ctx, c.Tenant, c.Project)
	for _, a := range all {
		l.Tenant = append(l.Tenant, a.Assignment())
	}
	return l, err
}
