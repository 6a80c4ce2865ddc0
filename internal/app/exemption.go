package app

import (
	"context"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/live"
	"github.com/terrace-idp/terrace/internal/governance/policy/policysql"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// newPolicy makes the room that says what the policies mean where a run is.
func newPolicy(p *platform, a *access, sets *live.Sets, stages *stage.Set) *policy.Service {
	return policy.New(policy.Deps{
		Sets: sets, Platform: p.config.Assignments(), Native: []policy.Policy{shownSecret()}, OtherRules: []string{unpriced}, MaxExemption: time.Duration(p.config.ExemptionTime),
		Store: policysql.NewStore(p.db), Listed: keptPolicies(p.kept), Tx: p.db, Authorizer: a.identity, Roles: roles{a.identity}, Journal: a.journal,
		Stages: policyStages{knownStages{stages}}, Targets: []string{stage.TargetLocal, stage.TargetAzure, stage.TargetAWS, stage.TargetGCP}, Log: p.log,
	})
}

// policyStages is a policy.Stages.
type policyStages struct{ knownStages }

func (a policyStages) Stages() []policy.Stage {
	var all []policy.Stage
	for _, st := range a.stages.All() {
		all = append(all, policy.Stage{
			Name: st.Name, Target: st.Target, Runtime: st.Runtime, Role: st.Approvals.Role, OtherThanRequester: st.Approvals.OtherThanRequester,
			Approvals: st.Approvals.Count,
		})
	}
	return all
}

// exemptions is a run.Exemptions.
type exemptions struct{ policies *policy.Service }

func (a exemptions) Lapsed(ctx context.Context, scope kernel.Scope, ids []string) (string, error) {
	lapsed, err := a.policies.Lapsed(ctx, scope.Tenant, ids)
	var why []string
	for _, e := range lapsed {
		why = append(why, "the exemption "+e.ID+" from "+e.What()+" is "+string(e.Status))
	}
	return strings.Join(why, "; "), err
}

// policyRuns is a policy.Runs.
type policyRuns struct {
	runs     *run.Service
	projects *tenant.Service
}

func (a policyRuns) Known(ctx context.Context, scope kernel.Scope, workload string) error {
	return a.runs.Known(ctx, scope, workload)
}

func (a policyRuns) Reconsider(ctx context.Context, e policy.Exemption, why string) error {
	concerns := func(f run.Finding) bool {
		return f.Exemption != nil && f.Exemption.ID == e.ID || f.Outcome == string(policy.Violated) && e.Concerns(f.Rule, f.Address)
	}
	if e.Scope.Project != "" {
		return a.runs.Reconsider(ctx, e.Scope, e.Workload, concerns, why)
	}
	return reconsiderAll(ctx, a.runs, a.projects, e.Scope, concerns, why)
}

// reconsiderAll is run.Service.Reconsider in all projects of a tenant.
func reconsiderAll(ctx context.Context, runs *run.Service, projects *tenant.Service, scope kernel.Scope, concerns func(run.Finding) bool, why string) error {
	for page := (kernel.PageRequest{Limit: kernel.MaxPageSize}); ; {
		found, err := projects.List(ctx, kernel.Scope{Tenant: scope.Tenant}, page)
		if err != nil {
			return err
		}
		for _, p := range found.Items {
			scope.Project = p.Name
			if err := runs.Reconsider(ctx, scope, "", concerns, why); err != nil {
				return err
			}
		}
		if page.Cursor = found.Next; page.Cursor == "" {
			return nil
		}
	}
}
