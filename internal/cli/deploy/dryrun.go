package deploy

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/runs"
	"github.com/terrace-idp/terrace/internal/cli/watch"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const dryRunHelp = "With --dry-run nothing is changed: the run ends once it is planned, and what it would add,\n" +
	"change and destroy is shown, for a stage with the runtime kubernetes with the diff of its\n" +
	"manifests. The exit code is 0 where an apply could follow, whatever it would change, and 1\n" +
	"where it could not be asked for now, the plan fails or a gate would refuse it; every reason\n" +
	"is told, each with what to do about it."

// dryRun is the flag of commands that can plan only.
type dryRun struct {
	on bool
	// whenOpen lets a run wait for its stage to open.
	whenOpen bool
}

func (d *dryRun) flag(c *cobra.Command) {
	c.Flags().BoolVar(&d.on, "dry-run", false, "show what would change, and change nothing")
	c.Flags().BoolVar(&d.whenOpen, "when-open", false, "where a window closes the stage, plan now and apply when it opens")
}

// preview is what a dry run is shown as.
type preview struct {
	// Assessment tells what speaks for and against it; a deployment has none.
	Assessment *apiclient.RunAssessment `json:"assessment,omitempty"`
	Run        *apiclient.Run           `json:"run,omitempty"`
	// Dossier has the plan, the files and the gates.
	Dossier *apiclient.RunDossier `json:"dossier,omitempty"`
}

// finish follows a dry run and shows its plan, and what else speaks for or
// against the change.
func (d *dryRun) finish(ctx context.Context, e *command.Env, s command.Server, project string, r apiclient.Run, w runs.Waiting, a *apiclient.RunAssessment) error {
	e.Say("dry run %s: %s of %s to %s", r.ID, r.Operation, r.Workload, r.Scope.Stage)
	if w.NoWait {
		return e.Print(r, func(w io.Writer) { _, _ = fmt.Fprintln(w, r.ID) })
	}
	r, err := w.Watch(ctx, e, s, project, r.ID)
	if err != nil {
		return err
	}
	if r.Status != apiclient.RunStatusPlanned {
		return runs.Report(ctx, e, s, project, r)
	}
	found, err := s.Dossier(ctx, project, r.ID)
	if err != nil {
		return err
	}
	err = e.Print(preview{a, &r, &found.Dossier}, func(w io.Writer) {
		if a != nil {
			writeAssessment(w, *a, e.Clock.Now())
		}
		writePreview(w, found)
	})
	if err != nil {
		return err
	}
	return refusals(found.Dossier, d.obstacles(found.Dossier, a))
}

func writePreview(w io.Writer, found apiclient.GetDossierResponse) {
	d := found.Dossier
	_, _ = fmt.Fprintf(w, "%s of %s %s %s would change: %s\n", d.Operation, d.Workload, toOrIn(d.Operation), d.Stage, watch.PlanLine(d.Plan.Summary))
	for _, c := range d.Plan.Changes {
		_, _ = fmt.Fprintf(w, "  %s %s\n", sign(string(c.Action)), c.Address)
		if c.Action == apiclient.RunResourceChangeActionUpdate || c.Action == apiclient.RunResourceChangeActionReplace {
			runs.WriteValues(w, c, runs.Short())
		}
	}
	if more := int(found.Changes) - len(d.Plan.Changes); more > 0 {
		_, _ = fmt.Fprintf(w, "  and %d more resources\n", more)
	}
	runs.WriteGraph(w, d.GraphChanges)
	runs.WriteSpec(w, d, runs.Short())
	for _, in := range d.Inputs {
		runs.WriteInput(w, in)
	}
	_, _ = fmt.Fprintf(w, "all of it: terrace run show %s\n", d.Run)
	for _, g := range d.Gates {
		_, _ = fmt.Fprintf(w, "gate %s %s: %s\n", g.Gate, runs.OutcomeOf(g), g.Message)
		for _, p := range g.Problems {
			_, _ = fmt.Fprintf(w, "  %s\n", p)
		}
	}
	for _, f := range d.Plan.Files {
		_, _ = fmt.Fprintf(w, "\n%s", f.Diff)
	}
}

func toOrIn(o apiclient.RunOperation) string {
	if o == apiclient.RunOperationDestroy {
		return "in"
	}
	return "to"
}

// sign is how a plan marks an action.
func sign(action string) string {
	switch action {
	case "create":
		return "+"
	case "update":
		return "~"
	case "replace":
		return "-/+"
	default:
		return "-"
	}
}

// obstacles are what speaks against asking for the change now. A deployment is
// not assessed: its release is made for it, and its dossier tells.
func (d *dryRun) obstacles(found apiclient.RunDossier, a *apiclient.RunAssessment) []kernel.Problem {
	if a != nil {
		return a.Obstacles
	}
	var all []kernel.Problem
	if v := found.Availability; v != nil && !v.Available {
		all = append(all, kernel.Problem{
			Path: "release", Message: fmt.Sprintf("a new release of %s cannot go to %s: it is not verified in %s, the stage before", found.Workload, found.Stage, v.Before),
			Fix: "terrace deploy score.yaml, and then terrace promote " + found.Workload + " from stage to stage",
		})
	}
	for _, g := range found.Gates {
		if g.Gate == "windows" && g.Outcome == apiclient.RunOutcomeWaiting && !d.whenOpen {
			all = append(all, kernel.Problem{Path: g.Gate, Message: g.Message, Fix: "try again when it is open; --when-open plans now and applies then"})
		}
	}
	return all
}

// refusals is the error of what cannot be asked for, or whose plan a gate would
// not let pass: every reason, each with its fix.
func refusals(d apiclient.RunDossier, reasons []kernel.Problem) error {
	var details []kernel.Problem
	for _, g := range d.Gates {
		known := slices.ContainsFunc(reasons, func(p kernel.Problem) bool { return p.Path == g.Gate })
		if g.Level == apiclient.RunLevelHardMandatory && g.Outcome == apiclient.RunOutcomeFailed && !known {
			reasons = append(reasons, kernel.Problem{Path: g.Gate, Message: "a gate would not let it pass: " + g.Gate + ": " + g.Message, Fix: g.Fix})
			details = append(details, g.Problems...)
		}
	}
	switch len(reasons) {
	case 0:
		return nil
	case 1:
		return kernel.Errorf(kernel.Refused, "%s", reasons[0].Message).WithFix("%s", reasons[0].Fix).WithProblems(details...)
	default:
		return kernel.Errorf(kernel.Refused, "%s of %s to %s would not go through now, for %d reasons", d.Operation, d.Workload, d.Stage, len(reasons)).
			WithProblems(append(reasons, details...)...)
	}
}
