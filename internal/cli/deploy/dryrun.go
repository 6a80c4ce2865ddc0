package deploy

import (
	"context"
	"fmt"
	"io"
	"strings"

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
	"where the plan fails or a gate would refuse it."

// dryRun is the flag of commands that can plan only.
type dryRun struct{ on bool }

func (d *dryRun) flag(c *cobra.Command) {
	c.Flags().BoolVar(&d.on, "dry-run", false, "show what would change, and change nothing")
}

// preview is what a dry run is shown as.
type preview struct {
	Run apiclient.Run `json:"run"`
	// Dossier has the plan, the files and the gates.
	Dossier apiclient.RunDossier `json:"dossier"`
}

// finish follows a dry run and shows its plan.
func (d *dryRun) finish(ctx context.Context, e *command.Env, s command.Server, project string, r apiclient.Run, w runs.Waiting) error {
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
	if err := e.Print(preview{r, found.Dossier}, func(w io.Writer) { writePreview(w, found.Dossier) }); err != nil {
		return err
	}
	return refusals(found.Dossier)
}

func writePreview(w io.Writer, d apiclient.RunDossier) {
	_, _ = fmt.Fprintf(w, "%s of %s to %s would change: %s\n", d.Operation, d.Workload, d.Stage, watch.PlanLine(d.Plan.Summary))
	for _, c := range d.Plan.Changes {
		_, _ = fmt.Fprintf(w, "  %s %s\n", sign(string(c.Action)), c.Address)
	}
	for _, g := range d.Gates {
		_, _ = fmt.Fprintf(w, "gate %s %s: %s\n", g.Gate, g.Outcome, g.Message)
	}
	for _, f := range d.Plan.Files {
		_, _ = fmt.Fprintf(w, "\n%s", f.Diff)
	}
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

// refusals is the error of a plan that a gate would not let pass.
func refusals(d apiclient.RunDossier) error {
	var names []string
	var problems []kernel.Problem
	for _, g := range d.Gates {
		if g.Level == apiclient.RunLevelMandatory && g.Outcome == apiclient.RunOutcomeFailed {
			names = append(names, g.Gate+": "+g.Message)
			problems = append(problems, g.Problems...)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Refused, "a gate would not let it pass: %s", strings.Join(names, "; ")).WithProblems(problems...)
}
