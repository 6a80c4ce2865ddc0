package runs

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

type approval struct {
	word    Word
	wait    bool
	waiting Waiting
}

func approve(e *command.Env) *cobra.Command {
	var a approval
	c := &cobra.Command{
		Use: "approve RUN", Short: "Read a run's dossier and approve exactly that",
		Long: "Shows what the run would change and approves the dossier by its digest.\n" +
			"If the run is planned anew in between, the approval is refused and nothing is applied.",
		Example: "  terrace run approve RUN\n  terrace run approve RUN --digest sha256:… --yes --reason \"seen in the review\"",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Runs(apiclient.RunStatusAwaitingApproval),
		RunE: func(c *cobra.Command, args []string) error { return a.run(c, e, args[0]) },
	}
	a.word.Flags(c, "approve")
	c.Flags().StringVar(&a.word.Reason, "reason", "", "why; it is kept in the audit log")
	c.Flags().BoolVar(&a.wait, "wait", false, "follow the run to its end")
	c.Flags().BoolVarP(&a.waiting.Quiet, "quiet", "q", false, "with --wait: show phases, but not terraform's events")
	return c
}

func (a *approval) run(c *cobra.Command, e *command.Env, id string) error {
	s, project, digest, err := a.word.Ask(c, e, id, "Approve")
	if err != nil {
		return err
	}
	r, err := s.Approve(c.Context(), project, id, apiclient.ApproveRunRequest{Digest: digest, Reason: a.word.Reason})
	if err != nil {
		return err
	}
	e.Say("approved %s of run %s", digest.Short(), id)
	if a.wait {
		return a.waiting.Follow(c.Context(), e, s, project, id)
	}
	return e.Print(r, func(w io.Writer) { writeApproved(w, r, e.Clock.Now()) })
}

// writeApproved tells what an approval led to, and what it leaves to others.
func writeApproved(w io.Writer, r apiclient.Run, now time.Time) {
	if r.Status != apiclient.RunStatusAwaitingApproval {
		_, _ = fmt.Fprintf(w, "run %s is %s\n", r.ID, r.Status)
		return
	}
	text := ""
	if n := len(r.Approvals); n > 0 && r.Approvals[n-1].ExpiresAt != nil {
		text = "; yours counts until " + output.Moment(now, *r.Approvals[n-1].ExpiresAt)
	}
	_, _ = fmt.Fprintf(w, "run %s still waits for %s%s\n", r.ID, need(r, now), text)
}

func discard(e *command.Env) *cobra.Command {
	var reason string
	var yes bool
	c := &cobra.Command{
		Use: "discard RUN", Short: "Drop a run that has not begun to apply",
		Example: "  terrace run discard RUN --reason \"superseded by another change\"\n  terrace run discard RUN --yes",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Runs(""),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			r, err := s.Run(ctx, project, args[0])
			if err != nil {
				return err
			}
			if !r.Ended() {
				e.Say("run %s: %s of %s on %s, %s, asked for by %s %s ago", r.ID, r.Operation, r.Workload, r.Scope.Stage, r.Status, r.RequestedBy.Name, output.Age(e.Clock.Now(), r.CreatedAt))
				if err := e.Confirm(yes, "Discard "+r.ID+"?"); err != nil {
					return err
				}
			}
			r, err = s.Discard(ctx, project, args[0], apiclient.DiscardRunRequest{Reason: reason})
			return printEnd(e, r, err)
		}),
	}
	c.Flags().StringVar(&reason, "reason", "", "why; it is kept in the audit log")
	c.Flags().BoolVarP(&yes, "yes", "y", false, "discard without asking")
	return c
}

func cancel(e *command.Env) *cobra.Command {
	var reason string
	var force bool
	c := &cobra.Command{
		Use: "cancel RUN", Short: "Stop a run; terraform ends in order, unless forced",
		Example: "  terrace run cancel RUN\n  terrace run cancel RUN --force --reason \"it hangs\"",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Runs(""),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			r, err := s.Cancel(ctx, project, args[0], apiclient.CancelRunRequest{Reason: reason, Force: force})
			if err == nil && !r.Ended() {
				return e.Print(r, func(w io.Writer) { writeStopping(w, r, force) })
			}
			return printEnd(e, r, err)
		}),
	}
	c.Flags().StringVar(&reason, "reason", "", "why; it is kept in the audit log")
	c.Flags().BoolVar(&force, "force", false, "kill terraform at once")
	return c
}

// writeStopping tells of a run that somebody executes and that is to stop.
func writeStopping(w io.Writer, r apiclient.Run, force bool) {
	how := "terraform ends what it has begun first"
	if force {
		how = "terraform is killed"
	}
	_, _ = fmt.Fprintf(w, "run %s is %s, and is asked to stop: %s\n  terrace run logs -f %s tells when it has\n", r.ID, r.Status, how, r.ID)
}

func retry(e *command.Env) *cobra.Command {
	var again apiclient.RetryRunRequest
	var waiting Waiting
	c := &cobra.Command{
		Use: "retry RUN", Short: "Do again what a run did that failed, or was canceled or discarded",
		Long: "Starts a new run with the same release, stage and operation, under the rules of now.\n" +
			"It is refused where a later run of the same workload and stage has made the old one void.",
		Example: "  terrace run retry RUN\n  terrace run retry RUN --no-wait --reason \"the network is back\"\n  terrace run retry RUN --when-open",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Runs(""),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			r, err := s.Retry(ctx, project, args[0], again)
			if err != nil {
				return err
			}
			return waiting.Finish(ctx, e, s, project, r)
		}),
	}
	waiting.Flags(c)
	c.Flags().StringVar(&again.Reason, "reason", "", "why; it is kept in the audit log")
	c.Flags().BoolVar(&again.WhenOpen, "when-open", false, "where a window closes the stage, plan now and apply when it opens")
	return c
}

func printEnd(e *command.Env, r apiclient.Run, err error) error {
	if err != nil {
		return err
	}
	return e.Print(r, func(w io.Writer) { _, _ = fmt.Fprintf(w, "run %s is %s\n", r.ID, r.Status) })
}
