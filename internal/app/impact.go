package app

import (
	"context"

	"github.com/terrace-idp/terrace/internal/delivery/impact"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func newImpact(d *delivery, releases release.Store, deployments run.Deployments) *impact.Service {
	return &impact.Service{
		Modules: d.modules, Releases: d.releases, Store: releases, Deployments: deployed{deployments}, Stages: d.stages, Runs: trials{d.runs},
	}
}

// deployed is an impact.Deployments. It reads the store, not the service: who may
// publish for a tenant may know what that touches, whoever may see its projects.
type deployed struct{ store run.Deployments }

// All implements impact.Deployments.
func (d deployed) All(ctx context.Context, tenant string) ([]impact.Deployment, error) {
	all, err := d.store.Deployments(ctx, kernel.Scope{Tenant: tenant}, "")
	out := make([]impact.Deployment, 0, len(all))
	for _, one := range all {
		out = append(out, impact.Deployment{Scope: one.Scope, Workload: one.Workload, Release: one.Release.ID})
	}
	return out, err
}

// trials is an impact.Runs.
type trials struct{ runs *run.Service }

// Try implements impact.Runs.
func (t trials) Try(ctx context.Context, scope kernel.Scope, workload, release, reason string) (string, error) {
	r, err := t.runs.Try(ctx, scope, run.ChangeRequest{Workload: workload, Stage: scope.Stage, Release: release, Reason: reason})
	return r.ID, err
}
