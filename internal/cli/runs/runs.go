// Package runs has the commands about runs: terrace run list, show, logs,
// approve, discard, cancel and retry, and the following of a run that others use.
//
// It owns their flags and what they print. What a run may do is the server's.
package runs

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/verify"
	"github.com/terrace-idp/terrace/internal/cli/watch"
)

// Command returns terrace run.
func Command(e *command.Env) *cobra.Command {
	return command.Group("run", "See, approve and stop runs", list(e), show(e), logs(e), approve(e), discard(e), cancel(e), retry(e))
}

func list(e *command.Env) *cobra.Command {
	var f apiclient.ListRunsParams
	c := &cobra.Command{
		Use: "list [WORKLOAD]", Short: "List runs, the newest first", Aliases: []string{"ls"},
		Example: "  terrace run list\n  terrace run list orders --status awaiting_approval",
		Args:    cobra.MaximumNArgs(1), ValidArgsFunction: e.Workloads(),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			f.Workload = command.First(args)
			found, err := s.Runs(ctx, project, f)
			if err != nil {
				return err
			}
			return command.PrintList(e, found, []string{"RUN", "OPERATION", "WORKLOAD", "STAGE", "RELEASE", "STATUS", "BY", "AGE", "TOOK", "WAITS FOR"}, row(e))
		}),
	}
	e.StageFlag(c, &f.Stage, "stage", "only of this stage", false)
	c.Flags().StringVar((*string)(&f.Status), "status", "", "only with this status, such as awaiting_approval or failed")
	c.Flags().Int64Var(&f.Limit, "limit", 50, "how many at most, up to 200")
	return c
}

func row(e *command.Env) func(r apiclient.Run) []string {
	return func(r apiclient.Run) []string {
		duration := ""
		if r.EndedAt != nil {
			duration = took(r)
		}
		return []string{
			r.ID, operation(r), r.Workload, r.Scope.Stage, fmt.Sprintf("#%d %s", r.Release.Number, r.Release.Version), string(r.Status),
			r.RequestedBy.Name, output.Age(e.Clock.Now(), r.CreatedAt), duration, waitsFor(r, e.Clock.Now()),
		}
	}
}

// waitsFor tells in a few words why nobody executes the run, and how many are ahead.
func waitsFor(r apiclient.Run, now time.Time) string {
	switch {
	case r.Waits != nil:
	case r.DryRun || r.Ended():
		return ""
	case r.Status == apiclient.RunStatusAwaitingApproval:
		return need(r, now)
	case r.Status == apiclient.RunStatusApproved:
		return output.Told(now, r.StatusReason) // its stage is closed
	default:
		return ""
	}
	text := map[apiclient.RunWaitFor]string{
		apiclient.RunWaitForRun: r.Waits.Run, apiclient.RunWaitForProducer: r.Waits.Run, apiclient.RunWaitForSlot: "a free slot", apiclient.RunWaitForTenant: "the tenant's limit",
		apiclient.RunWaitForStage: "the stage's limit", apiclient.RunWaitForRunner: "a runner",
	}[r.Waits.For]
	if r.Waits.Ahead > 0 {
		text += fmt.Sprintf(" (%d ahead)", r.Waits.Ahead)
	}
	return text
}

// operation names what a run is for; a dry run is marked.
func operation(r apiclient.Run) string {
	if r.DryRun {
		return string(r.Operation) + " (dry run)"
	}
	return string(r.Operation)
}

// shownRun is a run with what is known of its dossier.
type shownRun struct {
	apiclient.Run

	// Content is the dossier; with all its changes where they were asked for.
	Content *apiclient.GetDossierResponse `json:"content,omitempty"`
}

func show(e *command.Env) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "show RUN", Short: "Show one run with its dossier, phases, gates and approvals",
		Long: "Shows a run, and what of the workload, of its resources and of their modules it changes: the\n" +
			"plan with what destroys first. Of a large plan the first changes are shown, with --all every one.",
		Example: "  terrace run show RUN\n  terrace run show RUN --all\n  terrace run show RUN -o json",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Runs(""),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			r, err := s.Run(ctx, project, args[0])
			if err != nil {
				return err
			}
			found, err := contentOf(ctx, s, project, r, all)
			if err != nil {
				return err
			}
			detail := Short()
			if all {
				detail = Detail{}
			}
			return e.Print(shownRun{r, found}, func(w io.Writer) {
				writeRun(w, r, e.Clock.Now())
				if found != nil {
					found.Dossier.Gates = nil // what they say now is told above
					_, _ = fmt.Fprintln(w)
					WriteDossier(w, *found, detail, e.Clock.Now())
				}
			})
		}),
	}
	c.Flags().BoolVar(&all, "all", false, "show every change and value of the plan")
	return c
}

// contentOf returns the dossier of a run, nil where it has none.
func contentOf(ctx context.Context, s command.Server, project string, r apiclient.Run, all bool) (*apiclient.GetDossierResponse, error) {
	if r.Dossier == "" {
		return nil, nil //nolint:nilnil // it was not planned yet
	}
	read := s.Dossier
	if all {
		read = func(ctx context.Context, project, id string) (apiclient.GetDossierResponse, error) {
			return allOf(ctx, s, project, id)
		}
	}
	found, err := read(ctx, project, r.ID)
	return &found, err
}

func writeRun(w io.Writer, r apiclient.Run, now time.Time) {
	plan, waits := "", ""
	if r.Waits != nil {
		waits = fmt.Sprintf("%s; %d ahead", output.Told(now, r.Waits.Message), r.Waits.Ahead)
	}
	if r.Plan != nil {
		plan = watch.PlanLine(*r.Plan)
	}
	output.Pairs(w, "run", r.ID, "operation", operation(r), "workload", r.Workload, "stage", r.Scope.Stage,
		"release", releaseName(r.Release), "status", string(r.Status), "because", output.Told(now, r.StatusReason), "waits", waits, "retry of", r.RetryOf, "requested by", requestedBy(r),
		"reason", output.Told(now, r.Reason), "created", output.Moment(now, r.CreatedAt), "plan", plan, "dossier", string(r.Dossier))
	for _, p := range r.Phases {
		d := "goes on"
		if p.Ended != nil {
			d = output.Duration(p.Ended.Sub(p.Started))
		}
		_, _ = fmt.Fprintf(w, "phase %-9s %s\n", p.Name, d)
	}
	for _, i := range r.Interruptions {
		_, _ = fmt.Fprintf(w, "interrupted %s: %s\n", output.Moment(now, i.At), i.Message)
	}
	writeGates(w, r, now)
	writeApprovals(w, r, now)
	for _, v := range r.Verification {
		verify.WriteCheck(w, v)
	}
	if r.Cause != nil {
		_, _ = fmt.Fprintf(w, "Terrace asked for it by itself, after %s: %s\n", r.Cause.Run, output.Told(now, r.Cause.Message))
	}
	if r.Rollback != nil {
		_, _ = fmt.Fprintf(w, "rollback: %s\n", output.Told(now, r.Rollback.Message))
	}
	if f := r.Failure; f != nil {
		_, _ = fmt.Fprintf(w, "failed in %s: %s\n", f.Phase, output.Told(now, f.Message))
		for _, p := range f.Problems {
			_, _ = fmt.Fprintf(w, "  %s\n", p)
		}
		if f.Fix != "" {
			_, _ = fmt.Fprintf(w, "fix: %s\n", f.Fix)
		}
	}
}

func requestedBy(r apiclient.Run) string {
	if r.Initiator == nil {
		return r.RequestedBy.Name
	}
	return r.RequestedBy.Name + ", for " + r.Initiator.Name
}

func writeApprovals(w io.Writer, r apiclient.Run, now time.Time) {
	if r.RequiredApprovals.Count > 0 && !r.Ended() {
		_, _ = fmt.Fprintf(w, "needs %s\n", need(r, now))
	}
	for _, a := range r.Approvals {
		state := "approved by " + a.By.Name
		switch {
		case a.Digest != r.Dossier:
			state += " for an earlier plan, which counts no longer"
		case r.Ended():
			state += " at " + output.Moment(now, a.At)
		case a.ExpiresAt != nil && !now.Before(*a.ExpiresAt):
			state += ", which expired at " + output.Moment(now, *a.ExpiresAt)
		case a.ExpiresAt != nil:
			state += ", which counts until " + output.Moment(now, *a.ExpiresAt)
		}
		if a.Reason != "" {
			state += ": " + a.Reason
		}
		_, _ = fmt.Fprintln(w, state)
	}
}

// writeGates writes what the gates said of the plan, and of what waited whether it
// still does.
func writeGates(w io.Writer, r apiclient.Run, now time.Time) {
	for _, g := range r.Gates {
		outcome := string(g.Outcome)
		if g.Outcome == apiclient.RunOutcomeWaiting && r.Status == apiclient.RunStatusSucceeded {
			outcome = "passed"
		}
		_, _ = fmt.Fprintf(w, "gate %s (%s) %s: %s\n", g.Gate, g.Level, outcome, output.Told(now, g.Message))
		for _, p := range g.Problems {
			_, _ = fmt.Fprintf(w, "  %s\n", p)
		}
	}
}

func logs(e *command.Env) *cobra.Command {
	var follow bool
	c := &cobra.Command{
		Use: "logs RUN", Short: "Show everything that a run wrote",
		Example: "  terrace run logs RUN\n  terrace run logs -f RUN",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Runs(""),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			return s.Events(ctx, project, args[0], follow, func(ev apiclient.RunEvent) error {
				return e.PrintLine(ev, func(w io.Writer) { writeEvent(w, ev) })
			})
		}),
	}
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on until the run has ended")
	return c
}

func writeEvent(w io.Writer, ev apiclient.RunEvent) {
	level := ""
	if ev.Level != "" && ev.Level != "info" {
		level = strings.ToUpper(string(ev.Level)) + " "
	}
	_, _ = fmt.Fprintf(w, "%s %-8s %s%s\n", ev.Time.Local().Format("15:04:05.000"), ev.Phase, level, strings.TrimSpace(ev.Message))
}
