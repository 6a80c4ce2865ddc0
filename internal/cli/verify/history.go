package verify

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

// History returns terrace verification.
func History(e *command.Env) *cobra.Command {
	return command.Group("verification", "See what was verified again, and what it found", list(e), show(e))
}

func list(e *command.Env) *cobra.Command {
	var q apiclient.ListVerificationsParams
	c := &cobra.Command{
		Use: "list [WORKLOAD]", Short: "List what was verified again, the newest first", Aliases: []string{"ls"},
		Long:    "Of those on schedule that changed nothing only the newest of each deployment is kept.",
		Example: "  terrace verification list orders\n  terrace verification list orders --stage prod",
		Args:    cobra.MaximumNArgs(1), ValidArgsFunction: e.Workloads(),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			q.Workload = command.First(args)
			found, err := s.Verifications(ctx, project, q)
			return command.PrintFound(e, found, err, []string{"VERIFICATION", "WORKLOAD", "STAGE", "RELEASE", "STATUS", "BY", "AGE", "OUTCOME"}, row(e))
		}),
	}
	e.StageFlag(c, &q.Stage, "stage", "only of this stage", false)
	c.Flags().StringVar(&q.Run, "run", "", "only of what this run deployed")
	command.Limit(c, &q.Limit)
	return c
}

func row(e *command.Env) func(v apiclient.RunVerification) []string {
	return func(v apiclient.RunVerification) []string {
		return []string{
			v.ID, v.Workload, v.Scope.Stage, fmt.Sprintf("#%d %s", v.Release.Number, v.Release.Version), string(v.Status), by(v),
			output.Age(e.Clock.Now(), v.CreatedAt), v.Outcome,
		}
	}
}

func by(v apiclient.RunVerification) string {
	if v.Trigger == apiclient.RunTriggerSchedule {
		return "schedule"
	}
	return v.RequestedBy.Name
}

func show(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "show VERIFICATION", Short: "Show a verification with what each check found",
		Example: "  terrace verification show ver_…\n  terrace verification show ver_… -o json",
		Args:    cobra.ExactArgs(1),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			v, err := s.Verification(ctx, project, args[0])
			if err != nil {
				return err
			}
			return e.Print(v, func(w io.Writer) { write(w, v, e.Clock.Now()) })
		}),
	}
}

func write(w io.Writer, v apiclient.RunVerification, now time.Time) {
	release := fmt.Sprintf("#%d %s", v.Release.Number, v.Release.Version)
	output.Pairs(w, "verification", v.ID, "workload", v.Workload, "stage", v.Scope.Stage, "release", strings.TrimSpace(release), "deployed by", v.Run,
		"status", string(v.Status), "outcome", output.Told(now, v.Outcome), "asked for by", by(v), "reason", v.Reason, "created", output.Moment(now, v.CreatedAt))
	for _, r := range v.Results {
		WriteCheck(w, r)
	}
	for _, stopped := range v.Stopped {
		_, _ = fmt.Fprintf(w, "ended %s, which carried it to the next stage\n", stopped)
	}
	if v.Rollback != nil {
		_, _ = fmt.Fprintf(w, "rollback: %s\n", v.Rollback.Message)
	}
}

// WriteCheck writes what a check asked and found.
func WriteCheck(w io.Writer, r apiclient.RunCheckResult) {
	mark, effort := "passed", ""
	if !r.Passed {
		mark = "failed"
	}
	if r.Attempts > 0 {
		effort = fmt.Sprintf(" (attempts: %d, %.1f s)", r.Attempts, r.Seconds)
	}
	_, _ = fmt.Fprintf(w, "check %s %s: %s%s\n", r.Check, mark, r.Message, effort)
	for _, asked := range []string{r.URL, r.Asked} {
		if asked != "" {
			_, _ = fmt.Fprintf(w, "  asked %s\n", asked)
		}
	}
	if r.Output != "" {
		for line := range strings.SplitSeq(r.Output, "\n") {
			_, _ = fmt.Fprintf(w, "  | %s\n", line)
		}
	}
}
