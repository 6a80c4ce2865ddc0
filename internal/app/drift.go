package app

import (
	"context"
	"maps"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/access/audit"
	"github.com/terrace-idp/terrace/internal/access/audit/auditsql"
	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/access/workloadid"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/governance/drift/azurelog"
	"github.com/terrace-idp/terrace/internal/governance/drift/driftsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// newDrift makes the room that looks for what was changed outside, and has it
// told of the ends of runs.
func newDrift(p *platform, a *access, d *delivery) (*drift.Service, error) {
	s, err := drift.NewService(drift.Deps{
		Tx: p.db, Store: driftsql.NewStore(p.db), Authorizer: a.identity, Journal: a.journal, Stages: d.stages,
		Inspector: inspector{d.runs}, Runs: driftRuns{d.runs}, Deployments: driftDeployments{runsql.NewStore(p.db), a.tenants},
		Load: load{d.runs, p.config.Concurrency}, Key: p.signingKey, Log: p.log,
		Logs: map[string]drift.ActivityLog{
			stage.TargetLocal: auditLog{auditsql.NewStore(p.db)},
			stage.TargetAzure: &azurelog.Log{Environment: reader{environments{p.environ, p.azureSim}, newIdentities(p, a, d)}.environment},
		},
	})
	if err == nil {
		a.runEnds.drift, d.putBack.drift = s, s
	}
	return s, err
}

// reader signs Terrace itself in to the cloud of a stage, to read there.
type reader struct {
	environments environments
	identities   *workloadid.Service
}

// environment returns the variables of the stage's plans, and where its runs have an
// identity, a token of it in place of all that else signs in.
func (r reader) environment(ctx context.Context, q drift.ActivityQuery) (map[string]string, error) {
	env := r.environments.ofPlan(q.Stage)
	identity := identityOf(run.Job{Stage: q.Stage}, tokens.PhasePlan)
	if identity == nil {
		return env, nil
	}
	token, err := r.identities.IssueOwn(ctx, q.Scope.InStage(q.Stage.Name), q.Workload, "reads the activity log")
	if err != nil {
		return nil, err
	}
	env = withoutSignIn(env, identity)
	maps.Copy(env, identity.Variables)
	delete(env, "ARM_OIDC_TOKEN_FILE_PATH")
	env["ARM_OIDC_TOKEN"] = token.Token
	return env, nil
}

// inspector is a drift.Inspector.
type inspector struct{ runs *run.Service }

func (a inspector) Inspect(ctx context.Context, q drift.Question, say func(string)) (drift.Sight, error) {
	seen, err := a.runs.Inspect(ctx, run.Inspection{ID: q.Check, Scope: q.Scope, Workload: q.Workload}, say)
	if err != nil {
		return drift.Sight{}, err
	}
	s := drift.Sight{
		Release: seen.Deployment.Release.ID, Outside: seen.Outside, Next: seen.Next, NextError: seen.NextError, Nodes: map[string]drift.Node{},
	}
	if at := seen.Deployment.AppliedAt; at != nil {
		s.AppliedAt = *at
	}
	for _, node := range seen.Graph.Nodes {
		s.Nodes[node.Key] = drift.Node{Resource: node.Name, Definition: node.Definition, Module: node.Module.Source, Version: node.Module.Version}
	}
	return s, nil
}

// driftRuns is a drift.Runs.
type driftRuns struct{ runs *run.Service }

func (a driftRuns) Redeploy(ctx context.Context, scope kernel.Scope, workload, reason string) (string, error) {
	r, err := a.runs.Redeploy(ctx, scope, workload, reason)
	return r.ID, err
}

func (a driftRuns) Refresh(ctx context.Context, scope kernel.Scope, workload string, addresses []string, reason string) (string, error) {
	r, err := a.runs.Refresh(ctx, scope, workload, addresses, reason)
	return r.ID, err
}

// trifling tells runs what of a change outside says nothing.
func trifling(st stage.Stage, rc *tfjson.ResourceChange) bool { return drift.Trifling(st, rc) }

// driftDeployments is a drift.Deployments. It reads the store: drift has asked
// whether its caller may.
type driftDeployments struct {
	store   *runsql.Store
	tenants *tenant.Service
}

func (a driftDeployments) Deployed(ctx context.Context, scope kernel.Scope, workload string) ([]drift.Deployed, error) {
	list := func() ([]run.Deployment, error) { return a.store.Deployments(ctx, scope, workload) }
	var resting map[string]bool
	if scope.Tenant == "" {
		var err error
		if resting, err = a.tenants.Resting(ctx); err != nil {
			return nil, err
		}
		list = func() ([]run.Deployment, error) { return a.store.Everywhere(ctx) }
	}
	all, err := list()
	out := make([]drift.Deployed, 0, len(all))
	for _, one := range all {
		if resting[one.Scope.Tenant] {
			continue // what is deployed there is not looked at
		}
		out = append(out, drift.Deployed{Scope: one.Scope, Workload: one.Workload})
	}
	return out, err
}

// load is a drift.Load: what the executors of runs leave.
type load struct {
	runs        *run.Service
	concurrency int
}

func (a load) Idle() int { return a.concurrency - a.runs.Busy() }

// auditLog is the activity log of the target local: Terrace's own record of who
// changed the objects of its planes.
type auditLog struct{ store *auditsql.Store }

// mostAudit is how many records of one object are looked at.
const mostAudit = 50

func (a auditLog) Who(ctx context.Context, q drift.ActivityQuery) ([]drift.Activity, error) {
	kind, ours := strings.CutPrefix(q.Type, "terrace_")
	if !ours || q.ResourceID == "" {
		return nil, kernel.Errorf(kernel.NotFound, "Terrace keeps no record of who changes a %s", q.Type)
	}
	page, err := a.store.List(ctx, q.Scope.Tenant, audit.Filter{
		Project: q.Scope.Project, Stage: q.Scope.Stage, Subject: strings.ReplaceAll(kind, "_", "-") + "s/" + q.ResourceID,
	}, kernel.Reach{All: true}, kernel.PageRequest{Limit: mostAudit})
	var all []drift.Activity
	for _, e := range page.Items {
		if e.At.After(q.Since) && !e.At.After(q.Until) {
			all = append(all, drift.Activity{Who: e.ActorName, At: e.At, Operation: e.Type})
		}
	}
	return all, err
}
