package releases

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

type decision struct{ stage, reason string }

func (d *decision) flags(e *command.Env, c *cobra.Command, required bool) {
	e.StageFlag(c, &d.stage, "stage", "the stage that it is about", true)
	c.Flags().StringVar(&d.reason, "reason", "", "why; it is kept with the release and in the audit log")
	if required {
		_ = c.MarkFlagRequired("reason") // the flag was made above
	}
}

func approve(e *command.Env) *cobra.Command {
	var d decision
	c := &cobra.Command{
		Use: "approve RELEASE", Short: "Let a release go to a stage without being verified and soaked in the one before",
		Long: "Says, with a reason, that a release may go to a stage as it is. Its plan there still passes\n" +
			"the gates and needs the approvals of the stage. It is for those with the role approver.",
		Example: "  terrace release approve rel_0123456789abcdef0123 --stage prod --reason \"the fix for the outage\"",
		Args:    cobra.ExactArgs(1),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			a, err := s.ApproveRelease(ctx, project, args[0], apiclient.ApproveReleaseRequest{Stage: d.stage, Reason: d.reason})
			if err != nil {
				return err
			}
			return e.Print(a, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "#%d of %s may go to %s: %s\nnext: terrace promote %s --to %s --release %s\n",
					a.Release.Number, a.Workload, a.Scope.Stage, a.Reason, a.Workload, a.Scope.Stage, a.Release.ID)
			})
		}),
	}
	d.flags(e, c, true)
	return c
}

func withdraw(e *command.Env) *cobra.Command {
	var d decision
	c := &cobra.Command{
		Use: "withdraw RELEASE", Short: "Take the approval of a release for a stage back",
		Long:    "A run that was asked for by the approval and is not applied yet is refused then.",
		Example: "  terrace release withdraw rel_0123456789abcdef0123 --stage prod --reason \"it was the wrong one\"",
		Args:    cobra.ExactArgs(1),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			a, err := s.WithdrawRelease(ctx, project, args[0], apiclient.WithdrawReleaseRequest{Stage: d.stage, Reason: d.reason})
			if err != nil {
				return err
			}
			return e.Print(a, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "#%d of %s is no longer approved for %s\n", a.Release.Number, a.Workload, a.Scope.Stage)
			})
		}),
	}
	d.flags(e, c, false)
	return c
}

// WriteStages says of each stage whether a release may go there, and why or why not.
func WriteStages(w io.Writer, x apiclient.RunReleaseExplanation, now time.Time) {
	for _, st := range x.Stages {
		state := "may go there"
		switch {
		case st.Deployed:
			state = "is there"
		case len(st.Obstacles) > 0:
			state = "may not go there now"
		}
		_, _ = fmt.Fprintf(w, "%s: release #%d %s\n  %s\n", st.Availability.Stage, x.Release.Number, state, output.Told(now, st.Why))
		if st.VerifiedHere != nil {
			_, _ = fmt.Fprintf(w, "  verified here since %s\n", output.Moment(now, *st.VerifiedHere))
		}
		for _, o := range st.Obstacles {
			_, _ = fmt.Fprintf(w, "  not now: %s\n    fix: %s\n", output.Told(now, o.Message), o.Fix)
		}
		for _, a := range st.Withdrawn {
			_, _ = fmt.Fprintf(w, "  withdrawn by %s: the approval by %s, %s\n", a.Withdrawn.By.Name, a.By.Name, a.Reason)
		}
	}
}
