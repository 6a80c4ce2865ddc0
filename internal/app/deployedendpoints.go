package app

import (
	"context"
	"encoding/json"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/azureendpoint"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// deployedEndpoints is a dns.Deployed. It reads the states: DNS acts by itself.
type deployedEndpoints struct{ states *state.Service }

// Version implements dns.Deployed.
func (d deployedEndpoints) Version(ctx context.Context, scope kernel.Scope, workload string) (string, error) {
	v, _, err := d.states.Current(ctx, kernel.StackID(scope, workload))
	return v.ID, err
}

// Endpoints implements dns.Deployed.
func (d deployedEndpoints) Endpoints(ctx context.Context, scope kernel.Scope, workload, version string) (all []dns.Found, err error) {
	err = d.states.Managed(ctx, kernel.StackID(scope, workload), version, azureendpoint.Type, func(attributes json.RawMessage) error {
		found, err := azureendpoint.Read(attributes)
		all = append(all, found...)
		return err
	})
	return all, err
}

// deployed tells DNS of a workload whose state may be another one: by a run that has come to
// an apply, or by hand.
func (a *runEnds) deployed(ctx context.Context, f kernel.Fact) error {
	if a.names == nil {
		return nil
	}
	if p, _, changed := changedState(f); changed {
		return a.names.Applied(ctx, p.Scope, p.Workload)
	}
	end, ended, err := endOf(f)
	if err != nil || !ended || end.status == run.PlannedOnly {
		return err
	}
	return a.names.Applied(ctx, f.Scope, end.Workload)
}
