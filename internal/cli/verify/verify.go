// Package verify has the commands terrace verify and terrace verification list
// and show.
//
// It owns their flags and what they print. The server makes the checks and
// decides what they mean.
package verify

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// askEvery is how often a verification that is waited for is looked at.
const askEvery = 500 * time.Millisecond

type verification struct {
	e             *command.Env
	stage, reason string
	wait          bool
}

// Command returns terrace verify.
func Command(e *command.Env) *cobra.Command {
	v := &verification{e: e}
	c := &cobra.Command{
		Use: "verify WORKLOAD", Short: "Verify again what is deployed in a stage",
		Long: "Makes every check of the stage against the release that is deployed there. Where they pass, an\n" +
			"unverified release is verified from then on, and begins to soak. Where one fails, a verified\n" +
			"release no longer is: the next stage does not take it, runs that carry it there and have not\n" +
			"begun to apply end, and a stage with rollback: automatic returns to its last verified release.",
		Example: "  terrace verify orders --stage dev\n  terrace verify orders --stage prod --reason \"errors since noon\" --wait=false",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Workloads(),
		RunE: func(c *cobra.Command, args []string) error { return v.run(c.Context(), args[0]) },
	}
	e.StageFlag(c, &v.stage, "stage", "the stage", true)
	c.Flags().StringVar(&v.reason, "reason", "", "why; it is kept with the verification and in the audit log")
	c.Flags().BoolVar(&v.wait, "wait", true, "wait for what the checks find; --wait=false leaves at once")
	return c
}

func (v *verification) run(ctx context.Context, workload string) error {
	s, project, err := v.e.Project(ctx)
	if err != nil {
		return err
	}
	found, err := s.Verify(ctx, project, workload, apiclient.VerifyRequest{Stage: v.stage, Reason: v.reason})
	if err != nil {
		return err
	}
	v.e.Say("verification %s of %s in %s", found.ID, workload, v.stage)
	if !v.wait {
		return v.e.Print(found, func(w io.Writer) { _, _ = fmt.Fprintln(w, found.ID) })
	}
	for !found.Ended() {
		if err := command.Pause(ctx, askEvery); err != nil {
			v.e.Say("it goes on without you: terrace verification show %s", found.ID)
			return err
		}
		if found, err = s.Verification(ctx, project, found.ID); err != nil {
			return err
		}
	}
	if err := v.e.Print(found, func(w io.Writer) { write(w, found, v.e.Clock.Now()) }); err != nil {
		return err
	}
	return outcome(found)
}

// outcome is the error of a verification that did not pass.
func outcome(v apiclient.RunVerification) error {
	if v.Status == apiclient.RunVerificationStatusPassed {
		return nil
	}
	fix := fmt.Sprintf("correct the cause, then terrace verify %s --stage %s, or terrace rollback %s --stage %s", v.Workload, v.Scope.Stage, v.Workload, v.Scope.Stage)
	switch {
	case v.Status == apiclient.RunVerificationStatusVoid:
		fix = fmt.Sprintf("see terrace status %s", v.Workload)
	case v.Rollback != nil && v.Rollback.Run != "":
		fix = "see terrace run show " + v.Rollback.Run
	}
	return kernel.Errorf(kernel.Refused, "the verification %s: %s", said(v), v.Outcome).WithFix("%s", fix)
}

func said(v apiclient.RunVerification) string {
	if v.Status == apiclient.RunVerificationStatusVoid {
		return "says nothing"
	}
	return string(v.Status)
}
