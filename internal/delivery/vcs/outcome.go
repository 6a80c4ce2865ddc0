package vcs

import (
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// refresh asks how the runs of the checks stand.
func (st *step) refresh(ctx context.Context) error {
	for i := range st.checks {
		c := &st.checks[i]
		if c.State != Pending {
			continue
		}
		if c.Run == "" {
			if err := st.resume(ctx, c); err != nil {
				return err
			}
			continue
		}
		r, err := st.Runs.Get(st.acting(ctx), c.Scope, c.Run)
		if err != nil {
			return err
		}
		before := c.Message
		if err := st.outcome(ctx, c, r); err != nil {
			return err
		}
		if c.State != Pending || c.Message != before {
			if err := st.Store.PutCheck(ctx, *c); err != nil {
				return err
			}
		}
	}
	return nil
}

// resume starts a check whose start was not kept before a crash.
func (st *step) resume(ctx context.Context, c *Check) error {
	err := st.start(ctx, c, c.Commit)
	if passing(err) {
		return err
	}
	if err != nil {
		c.fail(err)
	}
	return st.Store.PutCheck(ctx, *c)
}

// outcome puts a run's state into the check.
func (st *step) outcome(ctx context.Context, c *Check, r run.Run) error {
	switch r.Status {
	case run.PlannedOnly:
		c.State, c.Message = Succeeded, "planned"
	case run.Succeeded:
		c.State, c.Message = Succeeded, "deployed to "+c.Stage
	case run.Failed, run.Canceled, run.Discarded, run.Superseded:
		c.State, c.Message, c.Fix = Failed, string(r.Status), ""
		if f := r.Failure; f != nil {
			c.Message, c.Fix = f.Message, f.Fix
			for _, p := range f.Problems[:min(len(f.Problems), 10)] {
				c.Message += "\n" + placed(p, c.Score).String()
			}
		}
	case run.AwaitingApproval:
		c.Message, c.Fix = waitsForApproval, "terrace run approve "+r.ID
		return st.summarize(ctx, c, r)
	default:
		c.Message = strings.ReplaceAll(string(r.Status), "_", " ")
		return nil
	}
	return st.summarize(ctx, c, r)
}

// placed names the Score file where a run knows the workload in its canonical form
// alone, whose lines nobody has written.
func placed(p kernel.Problem, score string) kernel.Problem {
	if strings.HasPrefix(p.File, "release ") {
		p.File, p.Line, p.Column = score, 0, 0
	}
	return p
}

// summarize takes what a comment says of the plan from the run's dossier.
func (st *step) summarize(ctx context.Context, c *Check, r run.Run) error {
	if r.Dossier == "" || c.Plan != nil {
		return nil
	}
	d, _, err := st.Runs.GetDossier(st.acting(ctx), c.Scope, r.ID)
	if err != nil {
		return err
	}
	sum := d.Plan.Summary
	plan := &PlanSummary{Create: sum.Create, Update: sum.Update, Replace: sum.Replace, Delete: sum.Delete, Outputs: sum.Outputs}
	for _, rc := range d.Plan.Changes {
		if len(plan.Changes) == maxListed {
			plan.More = len(d.Plan.Changes) - maxListed
			break
		}
		plan.Changes = append(plan.Changes, Change{Address: rc.Address, Action: rc.Action, Because: because(rc)})
	}
	for _, g := range d.Gates {
		if g.Gate == run.SecretsGate && st.p.Fork {
			continue // what secrets there are is not for whoever reads the comment
		}
		plan.Gates = append(plan.Gates, Gate{Name: g.Gate, Outcome: string(g.Outcome), Message: g.Message, Blocks: g.Blocks()})
	}
	c.Plan = plan
	return nil
}

// because names the attributes that make a resource be replaced.
func because(rc run.ResourceChange) string {
	var names []string
	for _, v := range rc.Values {
		if v.ForcesReplace && len(names) < 5 {
			names = append(names, v.Path)
		}
	}
	return strings.Join(names, ", ")
}
