package app

import (
	"context"
	"io"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/planformat"
)

// offered is a policy.Documents: it reads a plan of anybody's as the gates of a run
// read theirs.
type offered struct {
	applied applied
	costs   *estimates
	leaks   *planLeaks
}

// Read implements policy.Documents.
func (o offered) Read(ctx context.Context, name string, from io.Reader, c policy.Context, workload string) (policy.Input, func([]policy.Result), error) {
	text, err := io.ReadAll(from)
	if err != nil {
		return policy.Input{}, nil, err
	}
	d, err := planformat.Read(name, text)
	if err != nil {
		return policy.Input{}, nil, err
	}
	in := plan.Of(name, d)
	around, w, err := o.around(ctx, c, workload)
	if err != nil {
		return in, nil, err
	}
	in.Context = around
	_, changes := d.Changes()
	if changes {
		if in.Context.Cost, err = o.costs.ofDocument(ctx, name, d, w); err != nil {
			return in, nil, err
		}
	}
	secret := plan.Redact(in)
	if changes {
		plan.Complete(in)
	}
	if in.Found, err = o.leaks.inDocument(ctx, c, workload, in); err != nil {
		return in, nil, err
	}
	return in, func(results []policy.Result) { conceals(in, secret, results) }, nil
}

// around adds what of the workload runs at the stage, where both are named; a run would
// have what it is going to deploy.
func (o offered) around(ctx context.Context, c policy.Context, name string) (policy.Context, *workload.Workload, error) {
	if name == "" {
		return c, nil, nil
	}
	scope := kernel.Scope{Tenant: c.Tenant, Project: c.Project, Stage: c.Stage}
	if _, err := o.applied.delivery.runs.Workload(ctx, scope.InProject(c.Project), name); err != nil {
		return c, nil, err
	}
	st, err := o.applied.delivery.stages.Get(c.Stage)
	if err != nil {
		return c, nil, unlessGone(err)
	}
	d, err := o.applied.deployments.Deployment(ctx, scope, name)
	if err != nil {
		return c, nil, unlessGone(err)
	}
	c.Previous = d.Release
	r, err := o.applied.releases.Get(ctx, scope, d.Release.ID)
	if err != nil {
		return c, nil, unlessGone(err)
	}
	c, w := o.applied.workload(ctx, c, st, r, d.Stack)
	return c, w, nil
}
