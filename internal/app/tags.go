package app

import (
	"context"

	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// projects is a run.Projects.
type projects struct{ tenants *tenant.Service }

// Tags implements run.Projects.
func (p projects) Tags(ctx context.Context, scope kernel.Scope) (run.TagSet, error) {
	in, err := p.tenants.Inherited(ctx, scope)
	if err != nil {
		return run.TagSet{}, err
	}
	rules := make([]run.TagRule, 0, len(in.TenantRules)+len(in.ProjectRules))
	for _, r := range in.TenantRules {
		rules = append(rules, run.TagRule{Key: r.Key, Values: r.Values, Pattern: r.Pattern, From: run.FromTenant})
	}
	for _, r := range in.ProjectRules {
		rules = append(rules, run.TagRule{Key: r.Key, Values: r.Values, Pattern: r.Pattern, From: run.FromProject})
	}
	return run.Inherit(in.Tenant, in.Project, rules), nil
}
