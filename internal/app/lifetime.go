package app

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/governance/lifetime"
	"github.com/terrace-idp/terrace/internal/governance/lifetime/lifetimesql"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// newLifetimes makes the room of lifetimes, and has it told of the steps of runs.
func newLifetimes(p *platform, a *access, d *delivery, store *runsql.Store) *lifetime.Service {
	s := lifetime.New(lifetime.Config{
		Store: lifetimesql.NewStore(p.db), Runs: expiries{d.runs, store}, Stages: stageLifetimes{d.stages}, Authorizer: a.identity, Journal: a.journal, Tx: p.db,
		Log: p.log, Warn: time.Duration(p.config.LifetimeWarning), PerHour: p.config.ReclaimsPerHour,
	})
	a.runEnds.lifetimes = s
	return s
}

// expiries is a lifetime.Runs.
type expiries struct {
	runs  *run.Service
	store *runsql.Store
}

// Destroy implements lifetime.Runs: what is not deployed is NotFound.
func (e expiries) Destroy(ctx context.Context, scope kernel.Scope, workload, reason string) (string, error) {
	if _, err := e.store.Deployment(ctx, scope, workload); err != nil {
		return "", err
	}
	return e.runs.Expire(ctx, scope, workload, reason)
}

// stageLifetimes is a lifetime.Stages.
type stageLifetimes struct{ stages *stage.Set }

// Lifetimes implements lifetime.Stages. A stage that is gone has none.
func (s stageLifetimes) Lifetimes(name string) (lifetime.Rule, error) {
	st, err := s.stages.Get(name)
	if err != nil {
		return lifetime.Rule{}, err
	}
	l := st.Lifetimes()
	return lifetime.Rule{Default: time.Duration(l.Default), Max: time.Duration(l.Max), Never: l.Never}, nil
}

// expire tells lifetimes of a step of a run, in its transaction. What a run deploys has
// its lifetime from the begin of the apply on, however that ends, and anew from its end.
func expire(ctx context.Context, s *lifetime.Service, f kernel.Fact) ([]kernel.Fact, error) {
	end, ok := strings.CutPrefix(f.Type, "run.")
	status := run.Status(end)
	ends := slices.Contains(run.Statuses(), status) && status.Terminal()
	if !ok || s == nil || status != run.Applying && status != run.Verifying && !ends {
		return nil, nil
	}
	raw, err := json.Marshal(f.Data)
	if err != nil {
		return nil, err
	}
	var told struct {
		Workload  string         `json:"workload"`
		Operation run.Operation  `json:"operation"`
		DryRun    bool           `json:"dryRun"`
		Lifetime  stage.Duration `json:"lifetime"`
		Failure   *run.Failure   `json:"failure"`
	}
	if err := json.Unmarshal(raw, &told); err != nil {
		return nil, err
	}
	switch {
	case told.DryRun || told.Operation == run.Refresh:
		return nil, nil
	case told.Operation != run.Destroy && !ends:
		return nil, s.Begin(ctx, f.Scope, told.Workload, time.Duration(told.Lifetime))
	case told.Operation != run.Destroy || !ends:
		return nil, nil
	}
	failed := ""
	if status != run.Succeeded {
		failed = "it was " + end
		if told.Failure != nil {
			failed = told.Failure.Message
		}
	}
	return s.Removed(ctx, f.Scope, told.Workload, f.Subject, failed)
}
