package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/release/releasesql"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/governance/compliance/compliancesql"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// newCompliance makes the room that tells where what is applied stands, and has it
// told of the ends of runs and of changes of states.
func newCompliance(p *platform, a *access, d *delivery) (*compliance.Service, error) {
	held, err := newHeld(d)
	if err != nil {
		return nil, err
	}
	s, err := compliance.New(compliance.Config{
		Tx: p.db, Store: compliancesql.NewStore(p.db), Authorizer: a.identity, Journal: a.journal, Policies: held, Stages: knownStages{d.stages},
		Estate: newApplied(p, d),
		Load:   load{d.runs, p.config.Concurrency}, Every: time.Duration(p.config.ComplianceEvery), Keep: time.Duration(p.config.ComplianceKeep), Log: p.log,
	})
	if err == nil {
		a.runEnds.compliance = s
	}
	return s, err
}

// applied is a compliance.Estate. It reads the stores: compliance has asked whether
// its caller may.
type applied struct {
	deployments *runsql.Store
	releases    *releasesql.Store
	delivery    *delivery
	log         *slog.Logger
}

func newApplied(p *platform, d *delivery) applied {
	return applied{deployments: runsql.NewStore(p.db), releases: releasesql.NewStore(p.db), delivery: d, log: p.log}
}

// Places implements compliance.Estate.
func (a applied) Places(ctx context.Context) ([]compliance.Place, error) {
	all, err := a.deployments.Everywhere(ctx)
	out := make([]compliance.Place, 0, len(all))
	for _, one := range all {
		out = append(out, compliance.Place{Scope: one.Scope, Workload: one.Workload})
	}
	return out, err
}

// Version implements compliance.Estate.
func (a applied) Version(ctx context.Context, p compliance.Place) (string, error) {
	v, there, err := a.delivery.states.Current(ctx, p.Stack())
	if err == nil && !there {
		err = kernel.Errorf(kernel.NotFound, "nothing of %s is applied", p.Stack())
	}
	return v.ID, err
}

// Look implements compliance.Estate.
func (a applied) Look(ctx context.Context, p compliance.Place, known string) (compliance.Subject, error) {
	content, err := a.delivery.states.ReadUnless(ctx, state.Caller{Stack: p.Stack()}, p.Stack(), known)
	if err != nil || content.ReadCloser == nil {
		return compliance.Subject{Version: content.Version.ID}, err
	}
	// A state may have 128 MiB: what grows while it is read has twice that for a moment.
	text := bytes.NewBuffer(make([]byte, 0, content.Version.Size+bytes.MinRead))
	_, err = text.ReadFrom(content)
	if err := errors.Join(err, content.Close()); err != nil {
		return compliance.Subject{}, fmt.Errorf("the state of %s: %w", p.Stack(), err)
	}
	in, err := plan.Read("the state of "+p.Stack(), text.Bytes())
	if err != nil {
		return compliance.Subject{}, err
	}
	s := compliance.Subject{Version: content.Version.ID, Input: in, Secret: plan.Redact(in)}
	if s.Input.Context, err = a.around(ctx, p); err != nil {
		return s, err
	}
	s.Input.Found, err = a.delivery.planLeaks.inDocument(ctx, s.Input.Context, p.Workload, s.Input)
	return s, err
}

// around is what is known around what is applied. What is not known any longer, such
// as the run that asked for it, is left out.
func (a applied) around(ctx context.Context, p compliance.Place) (policy.Context, error) {
	c := policy.Context{Tenant: p.Scope.Tenant, Project: p.Scope.Project, Stage: p.Scope.Stage}
	st, err := a.delivery.stages.Get(p.Scope.Stage)
	if err != nil {
		return c, unlessGone(err)
	}
	c.Target, c.Runtime = st.Target, st.Runtime
	d, err := a.deployments.Deployer(ctx, p.Scope, p.Workload)
	if err != nil {
		return c, unlessGone(err)
	}
	c.Requester, c.Operation = d.RequestedBy.Name, string(d.Operation)
	g, w, known := a.delivery.releases.Resolved(p.Scope, d.Release, st)
	if known {
		c.Graph, c.Workload = g, json.RawMessage(w.Canonical())
		return c, nil
	}
	r, err := a.releases.Get(ctx, p.Scope, d.Release)
	if err != nil {
		return c, unlessGone(err)
	}
	c, _ = a.workload(ctx, c, st, r, p.Stack())
	return c, nil
}

// workload adds what is known of the workload that is applied, which it returns, too;
// nil where that is not known any longer.
func (a applied) workload(ctx context.Context, c policy.Context, st stage.Stage, r release.Release, stack string) (policy.Context, *workload.Workload) {
	g, w, err := a.delivery.releases.Graph(ctx, r, st)
	if err != nil {
		a.log.DebugContext(ctx, "the graph of what is applied is not known any longer", "stack", stack, "error", err)
		return c, nil
	}
	c.Graph, c.Workload = g, json.RawMessage(w.Canonical())
	return c, w
}

func unlessGone(err error) error {
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	return err
}

// changedState tells of which stack a fact has changed the state, outside of runs, which
// tell of their ends; gone says that there is none any longer.
func changedState(f kernel.Fact) (p compliance.Place, gone, ok bool) {
	what, is := strings.CutPrefix(f.Type, "state.")
	switch {
	case !is:
		return p, false, false
	case what == "moved", what == "removed", what == "rolled_back", what == "imported", what == "restored", what == "taken_back":
	case what == "deleted":
		gone = true
	default:
		return p, false, false
	}
	scope, workload, err := state.SplitStack(f.Subject)
	return compliance.Place{Scope: scope, Workload: workload}, gone, err == nil
}
