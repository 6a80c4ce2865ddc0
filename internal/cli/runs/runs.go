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
			return command.PrintFound(e, found, err, []string{"RUN", "OPERATION", "WORKLOAD", "STAGE", "RELEASE", "STATUS", "BY", "AGE", "TOOK", "WAITS FOR"}, row(e))
		}),
	}
	e.StageFlag(c, &f.Stage, "stage", "only of this stage", false)
	command.Choice(c, &f.Status, "status", "", "only with this status", statuses()...)
	command.Limit(c, &f.Limit)
	return c
}

// statuses are those that a run may have, in their order.
func statuses() []apiclient.RunStatus {
	return []apiclient.RunStatus{
		apiclient.RunStatusQueued, apiclient.RunStatusPlanning, apiclient.RunStatusAwaitingApproval, apiclient.RunStatusApproved,
		apiclient.RunStatusApplying, apiclient.RunStatusVerifying, apiclient.RunStatusPlanned, apiclient.RunStatusSucceeded,
		apiclient.RunStatusFailed, apiclient.RunStatusDiscarded, apiclient.RunStatusCanceled, apiclient.RunStatusSuperseded,
	}
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
		return wanted(r, now)
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
