package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/rungate"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/runner/planjson"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/budget/budgetsql"
	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/live"
	"github.com/terrace-idp/terrace/internal/governance/policy/policysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// surroundings are what gates look at beside the plan, and what may change of it.
type surroundings struct {
	*runtest.Bench

	stages   *stage.Set
	folder   string
	sets     *live.Sets
	policies *policy.Service
	budgets  *budget.Service
	demands  atomic.Pointer[run.TagSet]
	imported atomic.Pointer[focus.Paid]
	now      atomic.Pointer[time.Time]
}

// Tags are what the project gives and demands now.
func (s *surroundings) Tags(context.Context, kernel.Scope) (run.TagSet, error) {
	return *s.demands.Load(), nil
}

// Paid is what was imported.
func (s *surroundings) Paid(context.Context, string, string) (focus.Paid, error) {
	return *s.imported.Load(), nil
}

func (s *surroundings) pass(d time.Duration) {
	at := s.now.Load().Add(d)
	s.now.Store(&at)
}

// demanding has the gates of the platform over a stage with one approval and a window.
func demanding(t *testing.T, d *db.DB) *surroundings {
	t.Helper()
	s := &surroundings{folder: t.TempDir()}
	noon := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	s.now.Store(&noon)
	clock := func() time.Time { return *s.now.Load() }
	s.demands.Store(&run.TagSet{})
	s.imported.Store(&focus.Paid{})
	s.rule(t, "advisory")
	p := &platform{config: config.Config{PolicyFolders: []string{s.folder}}, log: slog.New(slog.DiscardHandler)}
	var err error
	s.sets, err = newPolicies(p)
	runtest.Must(t, err)
	stages, err := stage.NewSet([]stage.Stage{{
		Name: "dev", Order: 1, Target: stage.TargetLocal, Runtime: stage.RuntimeProcess, Approvals: stage.Approvals{Count: 1, Role: stage.RoleApprover},
		Windows: []stage.Window{{Name: "office", Kind: stage.WindowAllow, RRule: "FREQ=DAILY;BYHOUR=9", Duration: 8 * time.Hour}},
	}})
	runtest.Must(t, err)
	s.stages = stages
	s.policies = policy.New(policy.Deps{
		Sets: s.sets, Store: policysql.NewStore(d), Tx: d, Authorizer: anybody{}, Journal: anybody{}, Stages: policyStages{knownStages{stages}}, Clock: clock,
		MaxExemption: 24 * time.Hour,
	})
	s.budgets = budget.New(budget.Config{
		Store: budgetsql.NewStore(d), Estate: anybody{}, Bills: s, Authorizer: anybody{}, Journal: anybody{}, Tx: d, Log: p.log, Clock: clock,
	})
	s.limit(t, "200")
	costs := costing(t, config.Config{}).costs
	s.Bench = runtest.New(t, d, func(deps *run.Deps) {
		deps.Stages, deps.Clock, deps.Projects, deps.Journal = stages, clock, s, following{deps.Journal, s.budgets}
		deps.Gates = []run.Gate{rungate.Tags{}, policyGate{s.policies, costs, nil}, costly{budgetGate{s.budgets, costs}}}
	})
	return s
}

// rule is the policy of the folder, at a level.
func (s *surroundings) rule(t *testing.T, level string) {
	t.Helper()
	text := "package ours\n\n# METADATA\n# custom: {id: our-rule, level: " + level + "}\ndeny contains {\"msg\": \"is refused\", \"address\": r.address} if some r in input.resource_changes\n"
	runtest.Must(t, os.WriteFile(filepath.Join(s.folder, "a.rego"), []byte(text), 0o600))
	if s.sets != nil {
		s.sets.Refresh(t.Context())
	}
}

func (s *surroundings) limit(t *testing.T, dollars string) {
	t.Helper()
	amount, _, err := focus.ParseAmount(dollars)
	runtest.Must(t, err)
	_, err = s.budgets.Set(t.Context(), kernel.Scope{Tenant: "acme"}, budget.Budget{Name: "all", Amount: amount, Level: budget.Block}, "")
	runtest.Must(t, err)
}

func (s *surroundings) bill(t *testing.T, dollars string) {
	t.Helper()
	total, _, err := focus.ParseAmount(dollars)
	runtest.Must(t, err)
	s.imported.Store(&focus.Paid{Until: "2026-11-26", Lines: []focus.Line{{Labels: focus.Labels{Tenant: "acme"}, Currency: "USD", Total: total}}})
}

func (s *surroundings) assign(t *testing.T) {
	t.Helper()
	_, err := s.policies.Assign(runtest.As(runtest.Grace), runtest.Project, policy.AssignRequest{Policies: "our-rule", Level: policy.HardMandatory, Reason: "the audit"})
	runtest.Must(t, err)
}

func (s *surroundings) demand(rules ...run.TagRule) { s.demands.Store(&run.TagSet{Rules: rules}) }

func (s *surroundings) carry(t *testing.T, id string) run.Run {
	t.Helper()
	runtest.Must(t, s.Advance(t.Context(), runtest.Project, id))
	return s.Now(t, id)
}

// tightening is something that becomes stricter around a plan, with what is told of it.
type tightening struct {
	change func(t *testing.T, s *surroundings)
	told   string
}

func tightenings() map[string]tightening {
	return map[string]tightening{
		"a budget that is lowered": {func(t *testing.T, s *surroundings) { t.Helper(); s.limit(t, "60") }, "the gate budget has become stricter: budget-exceeded"},
		"costs that are imported":  {func(t *testing.T, s *surroundings) { t.Helper(); s.bill(t, "199") }, "the gate budget has become stricter: budget-exceeded"},
		"a level that is assigned": {func(t *testing.T, s *surroundings) { t.Helper(); s.assign(t) }, "the gate policy has become stricter: our-rule (hard-mandatory)"},
		"a policy that changes":    {func(t *testing.T, s *surroundings) { t.Helper(); s.rule(t, "hard-mandatory") }, "the gate policy has become stricter: our-rule (hard-mandatory)"},
		"a tag that is demanded": {func(_ *testing.T, s *surroundings) {
			s.demand(run.TagRule{Key: "dc", Values: []string{"a"}, From: run.FromProject})
		}, "the gate tags has become stricter: tags-required"},
	}
}

// TestWhatBecomesStricterMeetsThePlanThatWaits: at its approval, after it in the queue,
// and while the window of its stage is closed.
func TestWhatBecomesStricterMeetsThePlanThatWaits(t *testing.T) {
	t.Parallel()
	sets := append(runtest.Migrations(), budgetsql.Migrations(), policysql.Migrations())
	for name, tt := range tightenings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("at its approval", func(t *testing.T) {
				t.Parallel()
				dbtest.Each(t, sets, func(t *testing.T, d *db.DB) {
					s := demanding(t, d)
					r := s.carry(t, s.Deploy(t, "dev", "1").ID)
					tt.change(t, s)
					if err := s.approve(r); !kernel.Is(err, kernel.Stale) || !strings.Contains(err.Error(), tt.told) {
						t.Fatalf("who approves is told %v", err)
					}
					s.expectEnd(t, r, tt.told)
				})
			})
			t.Run("in the queue", func(t *testing.T) {
				t.Parallel()
				s := demanding(t, dbtest.SQLite(t, sets...))
				r := s.carry(t, s.Deploy(t, "dev", "1").ID)
				runtest.Must(t, s.approve(r))
				tt.change(t, s)
				s.expectEnd(t, r, tt.told)
			})
			t.Run("until its stage opens", func(t *testing.T) {
				t.Parallel()
				s := demanding(t, dbtest.SQLite(t, sets...))
				r := s.carry(t, s.Deploy(t, "dev", "1").ID)
				s.pass(6 * time.Hour)
				runtest.Must(t, s.approve(r))
				if held := s.carry(t, r.ID); held.Deferral == nil {
					t.Fatalf("it is %s", held.Status)
				}
				tt.change(t, s)
				s.pass(15 * time.Hour)
				s.expectEnd(t, r, tt.told)
			})
		})
	}
}

func (s *surroundings) approve(r run.Run) error {
	_, err := s.Approve(runtest.As(runtest.Grace), runtest.Project, r.ID, r.Dossier, "")
	return err
}

// expectEnd expects that the run is planned again, and that its gates end it.
func (s *surroundings) expectEnd(t *testing.T, r run.Run, told string) {
	t.Helper()
	now := s.carry(t, r.ID)
	if now.Status != run.Failed || len(s.World.Resources(r.Stack)) != 0 || now.Dossier == r.Dossier {
		t.Fatalf("it is %s with the resources %v: %s", now.Status, s.World.Resources(r.Stack), now.StatusReason)
	}
	if !strings.Contains(now.Failure.Message, "planned again: since the gates were asked at 2026-11-26T12:00:00Z") || !strings.Contains(now.Failure.Message, told) {
		t.Errorf("told is %s", now.Failure.Message)
	}
}

// TestWhatStillPassesIsAppliedAsItWasApproved: a budget that stays large enough, a rule
// that warns, an exemption for another, and a tag that the plan has.
func TestWhatStillPassesIsAppliedAsItWasApproved(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, append(runtest.Migrations(), budgetsql.Migrations(), policysql.Migrations()), func(t *testing.T, d *db.DB) {
		s := demanding(t, d)
		r := s.carry(t, s.Deploy(t, "dev", "1").ID)
		s.limit(t, "100")
		s.bill(t, "20")
		s.demand(run.TagRule{Key: "costcenter", Values: []string{"42"}, From: run.FromTenant})
		_, err := s.policies.RequestExemption(runtest.As(runtest.Ada), runtest.Project, policy.ExemptionRequest{Policy: "our-rule", Reason: "x", Until: s.now.Load().Add(time.Hour)})
		runtest.Must(t, err)
		runtest.Must(t, s.approve(r))
		done := s.carry(t, r.ID)
		if done.Status != run.Succeeded || done.Dossier != r.Dossier || done.Plan.Digest != r.Plan.Digest || len(done.Approvals) != 1 {
			t.Fatalf("it is %s: %+v, %s", done.Status, done.Failure, done.StatusReason)
		}
		all, err := s.budgets.Monthly(t.Context(), runtest.Project)
		if err != nil || len(all) != 1 || all[0].Monthly.String() != "76.80" {
			t.Errorf("the ledger has %+v %v", all, err)
		}
	})
}

// TestTheClockOfBudgetsThatWasSetBackMeetsThePlanThatWaits: a month that is over does not
// decide.
func TestTheClockOfBudgetsThatWasSetBackMeetsThePlanThatWaits(t *testing.T) {
	t.Parallel()
	s := demanding(t, dbtest.SQLite(t, append(runtest.Migrations(), budgetsql.Migrations(), policysql.Migrations())...))
	r := s.carry(t, s.Deploy(t, "dev", "1").ID)
	s.pass(-40 * 24 * time.Hour)
	if err := s.approve(r); !kernel.Is(err, kernel.Stale) || !strings.Contains(err.Error(), "budget-clock") {
		t.Fatalf("the clock was set back: %v", err)
	}
}

// planning has terraform's plan told as it really is.
type planning struct {
	run.Planner

	told string
}

func (p planning) Plan(ctx context.Context, job run.Job, sink func(run.Event)) (run.Planned, error) {
	planned, err := p.Planner.Plan(ctx, job, sink)
	if err != nil {
		return planned, err
	}
	planned.JSON, err = planjson.Decode(strings.NewReader(p.told))
	return planned, err
}

// recording is a gate that keeps what it is asked about.
type recording struct{ plans *[]string }

func (recording) Name() string { return "recording" }

func (g recording) Evaluate(_ context.Context, in run.GateInput) (run.GateResult, error) {
	raw, err := json.Marshal(in.Plan)
	*g.plans = append(*g.plans, string(raw))
	return run.GateResult{Level: run.Advisory, Outcome: run.Passed}, err
}

// TestGatesAreAskedAgainAboutTheSamePlan: byte for byte, numbers and expressions too.
func TestGatesAreAskedAgainAboutTheSamePlan(t *testing.T) {
	t.Parallel()
	s := demanding(t, dbtest.SQLite(t, append(runtest.Migrations(), budgetsql.Migrations(), policysql.Migrations())...))
	var plans []string
	b := runtest.New(t, s.DB, func(d *run.Deps) {
		d.Stages, d.Clock, d.Gates = s.stages, func() time.Time { return *s.now.Load() }, []run.Gate{recording{&plans}}
		d.Planner = planning{d.Planner, `{"format_version":"1.2","terraform_version":"1.11.4","variables":{"n":{"value":12345678901234567890}},
			"planned_values":{"outputs":{"o":{"sensitive":false,"type":"number","value":0.1}},"root_module":{}},
			"prior_state":{"format_version":"1.0","values":{"outputs":{"o":{"sensitive":false,"type":"string","value":"x"}},"root_module":{"resources":[
				{"address":"data.t.d","mode":"data","type":"t","name":"d","provider_name":"p","schema_version":0,"values":{"big":98765432109876543210}}]}}},
			"resource_changes":[{"address":"t.a","mode":"managed","type":"t","name":"a","index":0,"provider_name":"p","change":{"actions":["create"],"before":null,
				"after":{"size":1.50,"big":12345678901234567890,"none":null},"after_unknown":{"id":true},"before_sensitive":false,"after_sensitive":{}}}],
			"output_changes":{"o":{"actions":["update"],"before":"x","after":0.1,"after_unknown":false,"before_sensitive":false,"after_sensitive":false}},
			"configuration":{"provider_config":{"p":{"name":"p","full_name":"x/p"}},"root_module":{"resources":[{"address":"t.a","mode":"managed","type":"t","name":"a","provider_config_key":"p",
				"expressions":{"size":{"constant_value":1.5},"block":[{"x":{"references":["var.n"]}}]},"schema_version":0,"count_expression":{"constant_value":1}}]}},
			"checks":[],"timestamp":"2026-11-26T12:00:00Z","applyable":true,"complete":true,"errored":false}`}
	})
	r := b.Deploy(t, "dev", "1")
	runtest.Must(t, b.Advance(t.Context(), runtest.Project, r.ID))
	r = b.Now(t, r.ID)
	_, err := b.Approve(runtest.As(runtest.Grace), runtest.Project, r.ID, r.Dossier, "")
	runtest.Must(t, err)
	if len(plans) != 2 || plans[0] != plans[1] || !strings.Contains(plans[1], "98765432109876543210") {
		t.Errorf("asked about\n%s", strings.Join(plans, "\n"))
	}
}
