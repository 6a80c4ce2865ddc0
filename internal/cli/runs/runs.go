// Package runs has the commands about runs: terrace run list, show, logs,
// approve, discard and cancel, and the following of a run that others use.
//
// It owns their flags and what they print. What a run may do is the server's.
package runs

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/watch"
)

// Command returns terrace run.
func Command(e *command.Env) *cobra.Command {
	return command.Group("run", "See, approve and stop runs", list(e), show(e), logs(e), approve(e), discard(e), cancel(e))
}

func list(e *command.Env) *cobra.Command {
	var f apiclient.ListRunsParams
	c := &cobra.Command{
		Use: "list [WORKLOAD]", Short: "List runs, the newest first", Aliases: []string{"ls"},
		Example: "  terrace run list\n  terrace run list orders --status awaiting_approval",
		Args:    cobra.MaximumNArgs(1), ValidArgsFunction: e.Workloads(),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				f.Workload = args[0]
			}
			s, project, err := e.Project(c.Context())
			if err != nil {
				return err
			}
			runs, err := s.Runs(c.Context(), project, f)
			if err != nil {
				return err
			}
			return e.Print(runs, func(w io.Writer) { writeRuns(w, e, runs) })
		},
	}
	e.StageFlag(c, &f.Stage, "stage", "only of this stage", false)
	c.Flags().StringVar((*string)(&f.Status), "status", "", "only with this status, such as awaiting_approval or failed")
	c.Flags().Int64Var(&f.Limit, "limit", 50, "how many at most, up to 200")
	return c
}

func writeRuns(w io.Writer, e *command.Env, runs []apiclient.Run) {
	rows := make([][]string, 0, len(runs))
	for _, r := range runs {
		duration := ""
		if r.EndedAt != nil {
			duration = took(r)
		}
		rows = append(rows, []string{
			r.ID, operation(r), r.Workload, r.Scope.Stage, fmt.Sprintf("#%d %s", r.Release.Number, r.Release.Version), string(r.Status),
			r.RequestedBy.Name, output.Age(e.Clock.Now(), r.CreatedAt), duration,
		})
	}
	output.Rows(w, []string{"RUN", "OPERATION", "WORKLOAD", "STAGE", "RELEASE", "STATUS", "BY", "AGE", "TOOK"}, rows)
}

// operation names what a run is for; a dry run is marked.
func operation(r apiclient.Run) string {
	if r.DryRun {
		return string(r.Operation) + " (dry run)"
	}
	return string(r.Operation)
}

func show(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "show RUN", Short: "Show one run with its phases, gates and approvals",
		Example: "  terrace run show RUN\n  terrace run show RUN -o json",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Runs(""),
		RunE: func(c *cobra.Command, args []string) error {
			s, project, err := e.Project(c.Context())
			if err != nil {
				return err
			}
			r, err := s.Run(c.Context(), project, args[0])
			if err != nil {
				return err
			}
			return e.Print(r, func(w io.Writer) { writeRun(w, r) })
		},
	}
}

func writeRun(w io.Writer, r apiclient.Run) {
	plan := ""
	if r.Plan != nil {
		plan = watch.PlanLine(*r.Plan)
	}
	output.Pairs(w, "run", r.ID, "operation", operation(r), "workload", r.Workload, "stage", r.Scope.Stage,
		"release", releaseName(r.Release), "status", string(r.Status), "because", r.StatusReason, "requested by", r.RequestedBy.Name,
		"reason", r.Reason, "created", r.CreatedAt.Local().Format(time.DateTime), "plan", plan, "dossier", string(r.Dossier))
	for _, p := range r.Phases {
		d := "goes on"
		if p.Ended != nil {
			d = output.Duration(p.Ended.Sub(p.Started))
		}
		_, _ = fmt.Fprintf(w, "phase %-9s %s\n", p.Name, d)
	}
	writeGates(w, r.Gates)
	for _, a := range r.Approvals {
		_, _ = fmt.Fprintf(w, "approved by %s: %s\n", a.By.Name, a.Reason)
	}
	for _, v := range r.Verification {
		_, _ = fmt.Fprintf(w, "check %s %s: %s\n", v.Check, v.URL, v.Message)
	}
	if f := r.Failure; f != nil {
		_, _ = fmt.Fprintf(w, "failed in %s: %s\n", f.Phase, f.Message)
		for _, p := range f.Problems {
			_, _ = fmt.Fprintf(w, "  %s\n", p)
		}
		if f.Fix != "" {
			_, _ = fmt.Fprintf(w, "fix: %s\n", f.Fix)
		}
	}
}

func writeGates(w io.Writer, gates []apiclient.RunGateResult) {
	for _, g := range gates {
		_, _ = fmt.Fprintf(w, "gate %s (%s) %s: %s\n", g.Gate, g.Level, g.Outcome, g.Message)
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
		RunE: func(c *cobra.Command, args []string) error {
			s, project, err := e.Project(c.Context())
			if err != nil {
				return err
			}
			return s.Events(c.Context(), project, args[0], follow, func(ev apiclient.RunEvent) error {
				return e.PrintLine(ev, func(w io.Writer) { writeEvent(w, ev) })
			})
		},
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
