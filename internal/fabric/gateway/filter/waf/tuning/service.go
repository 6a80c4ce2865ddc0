package tuning

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Service answers what people ask about what the firewall found.
type Service struct {
	Store      Store
	Policies   Policies
	Authorizer Authorizer
	Stages     gateway.Stages
	Clock      kernel.Clock
	// Kind is the name of the firewall's kind of policies.
	Kind string
}

// Narrow says of which routes, which rule and how many days something is asked.
type Narrow struct {
	Route string
	Rule  int
	Days  int
}

// query returns what the actor may see of a scope.
func (s *Service) query(ctx context.Context, scope kernel.Scope, n Narrow) (Query, error) {
	if err := s.Authorizer.Authorize(ctx, gateway.ActionRead, scope); err != nil {
		return Query{}, err
	}
	if scope.Stage != "" {
		if err := s.Stages.Check(scope.Stage); err != nil {
			return Query{}, err
		}
	}
	within, err := s.Authorizer.Allowed(ctx, gateway.ActionRead, kernel.Scope{Tenant: scope.Tenant})
	if err != nil {
		return Query{}, err
	}
	since := s.Clock.Now().AddDate(0, 0, 1-max(n.Days, 1)).UTC().Format(time.DateOnly)
	return Query{Scope: scope, Within: within, Route: n.Route, Rule: n.Rule, Since: since}, nil
}

// Findings returns what the rules found in the requests of a scope's routes, by
// route, rule and target.
func (s *Service) Findings(ctx context.Context, scope kernel.Scope, n Narrow, page kernel.PageRequest) (kernel.Page[Finding], error) {
	q, err := s.query(ctx, scope, n)
	if err != nil {
		return kernel.Page[Finding]{}, err
	}
	found, err := s.Store.Findings(ctx, q, page)
	for i := range found.Items {
		found.Items[i].Exclusion = exclusion([]int{found.Items[i].Rule}, found.Items[i].Target, "")
	}
	return found, err
}

// Estimates returns how many of the requests of a scope's routes other settings
// would have refused: those that were asked, and usual ones.
func (s *Service) Estimates(ctx context.Context, scope kernel.Scope, n Narrow, level, threshold int, page kernel.PageRequest) (kernel.Page[Estimate], error) {
	q, err := s.query(ctx, scope, n)
	if err != nil {
		return kernel.Page[Estimate]{}, err
	}
	routes, err := s.Store.Bars(ctx, q, page)
	out := kernel.Page[Estimate]{Items: make([]Estimate, 0, len(routes.Items)), Next: routes.Next}
	for _, h := range routes.Items {
		out.Items = append(out.Items, h.estimate(level, threshold))
	}
	return out, err
}

// usual are thresholds that are told unless one is asked for.
func usual() []int { return []int{3, 5, 7, 10, 15, 20, 40} }

func (h Histogram) estimate(level, threshold int) Estimate {
	e := Estimate{Project: h.Scope.Project, Stage: h.Scope.Stage, Route: h.Route, WhatIf: []What{}}
	thresholds := usual()
	if threshold > 0 {
		thresholds = []int{threshold}
	}
	byLevel := map[int][]Bar{}
	for _, b := range h.Bars {
		byLevel[b.Level] = append(byLevel[b.Level], b)
		if b.Level == 1 {
			e.Requests, e.Refused, e.Denied = e.Requests+b.Requests, e.Refused+b.Refused, e.Denied+b.Denied
		}
	}
	for at, bars := range byLevel {
		if level > 0 && at != level {
			continue
		}
		for _, t := range thresholds {
			e.WhatIf = append(e.WhatIf, what(at, t, bars))
		}
	}
	slices.SortFunc(e.WhatIf, func(a, b What) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Threshold, b.Threshold))
	})
	return e
}

// what counts the requests that a threshold would have refused. Scores beyond
// what is counted apart are as high as that.
func what(level, threshold int, bars []Bar) What {
	w := What{Level: level, Threshold: threshold}
	for _, b := range bars {
		w.Requests += b.Requests
		if b.Score >= min(threshold, maxScore) {
			w.Refused += b.Requests
		} else {
			w.Refused += b.Denied
		}
	}
	return w
}
