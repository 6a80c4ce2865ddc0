package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/access/quota"
	"github.com/terrace-idp/terrace/internal/access/tenant/tenantsql"
	"github.com/terrace-idp/terrace/internal/access/usage"
	"github.com/terrace-idp/terrace/internal/access/usage/usagesql"
	"github.com/terrace-idp/terrace/internal/delivery/release/releasesql"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/state/statesql"
	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// newUsage makes what meters. It reads the log of events, so runs do not wait for it.
func newUsage(p *platform, a *access) *usage.Service {
	return usage.New(usage.Config{
		Store: usagesql.NewStore(p.db), Tx: p.db, Authorizer: a.identity, Journal: a.journal,
		Tenants: quotaTenants{tenantsql.NewStore(p.db), a.tenants},
		Sources: metered{a.events, runsql.NewStore(p.db), statesql.NewStore(p.db), releasesql.NewStore(p.db)},
	})
}

// metered is a usage.Sources.
type metered struct {
	events   *event.Log
	runs     *runsql.Store
	states   *statesql.Store
	releases *releasesql.Store
}

// Last implements usage.Sources.
func (m metered) Last(ctx context.Context) (uint64, error) {
	b, err := m.events.Bounds(ctx)
	return b.Last, err
}

// meteredAtOnce is how many events are looked at in one go.
const meteredAtOnce = 500

// Ended implements usage.Sources.
func (m metered) Ended(ctx context.Context, after uint64) (all []usage.Ended, upTo uint64, err error) {
	entries, err := m.events.Store.Read(ctx, event.Query{Fact: "run.>", After: after}, meteredAtOnce)
	upTo = after
	for _, e := range entries {
		upTo = e.Sequence
		status := run.Status(strings.TrimPrefix(e.Fact, "run."))
		if err != nil || !slices.Contains(run.Statuses(), status) || !status.Terminal() {
			continue
		}
		var told event.Event
		if err := json.Unmarshal(e.Body, &told); err != nil {
			return nil, after, fmt.Errorf("read the event %s: %w", e.ID, err)
		}
		r, err := m.runs.Get(ctx, told.Scope(), told.Subject)
		if kernel.Is(err, kernel.NotFound) {
			continue
		}
		if err != nil {
			return nil, after, err
		}
		all = append(all, endedOf(r, told.Time))
	}
	return all, upTo, err
}

// endedOf adds up the phases in which a run was executed.
func endedOf(r run.Run, at time.Time) usage.Ended {
	e := usage.Ended{Scope: r.Scope, At: at}
	for _, p := range r.Phases {
		end := at
		if p.Ended != nil {
			end = *p.Ended
		}
		took := max(0, end.Sub(p.Started))
		switch p.Name {
		case "plan":
			e.Plan += took
		case "apply":
			e.Apply += took
		case "verify":
		default:
			continue // it waits
		}
		e.Total += took
	}
	return e
}

// Gauges implements usage.Sources.
func (m metered) Gauges(ctx context.Context) ([]usage.Amount, error) {
	stacks, err := m.runs.StacksOfAll(ctx)
	if err != nil {
		return nil, err
	}
	states, err := m.states.StoredOfAll(ctx)
	if err != nil {
		return nil, err
	}
	artifacts, err := m.releases.StoredOfAll(ctx)
	if err != nil {
		return nil, err
	}
	stored := states
	for scope, n := range artifacts {
		stored[scope] += n
	}
	return append(amounts(usage.Stacks, stacks), amounts(usage.StoredBytes, stored)...), nil
}

func amounts(of usage.Metric, by map[kernel.Scope]int64) []usage.Amount {
	var all []usage.Amount
	for scope, n := range by {
		all = append(all, usage.Amount{Scope: scope, Metric: of, Quantity: n})
	}
	return all
}

// limits are quotas, with requests that are taken metered.
type limits struct {
	*quota.Service
	usage *usage.Service
}

// Request implements httpserver.Limits.
func (l limits) Request(a kernel.Actor) httpserver.Allowance {
	out := l.Service.Request(a)
	if out.OK() {
		l.usage.Request(a)
	}
	return out
}
