package drift

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// askEvery is how often a check that is waited for is asked about.
const askEvery = 300 * time.Millisecond

// result is what checks found, for programs.
type result struct {
	Checks []apiclient.DriftCheck `json:"checks"`
	Drift  []apiclient.Drift      `json:"drift"`
}

func check(e *command.Env) *cobra.Command {
	var stage string
	var detach bool
	c := &cobra.Command{
		Use: "check [WORKLOAD] --stage STAGE", Short: "Look now for what was changed outside",
		Long: "Looks at one workload of the stage, or at all, and waits for what is found. A check only reads: it takes\n" +
			"no lock, and lets runs go first. The exit code is 7 when something is found that is not ignored.",
		Example: "  terrace drift check orders --stage prod\n  terrace drift check --stage prod -o json\n  terrace drift check --stage prod --detach",
		Args:    cobra.MaximumNArgs(1), ValidArgsFunction: e.Workloads(),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			workload := command.First(args)
			checks, err := s.RequestDriftChecks(ctx, project, stage, workload)
			if err != nil {
				return err
			}
			if detach {
				return e.Print(result{Checks: checks, Drift: []apiclient.Drift{}}, func(io.Writer) { e.Say("%d checks are asked for; see terrace drift list", len(checks)) })
			}
			return await(ctx, e, s, project, stage, workload, checks)
		}),
	}
	e.StageFlag(c, &stage, "stage", "the stage to look at", true)
	c.Flags().BoolVar(&detach, "detach", false, "do not wait for what is found")
	return c
}

// await follows the checks and tells what they found.
func await(ctx context.Context, e *command.Env, s command.Server, project, stage, workload string, checks []apiclient.DriftCheck) error {
	out := result{Drift: []apiclient.Drift{}}
	open, failed := false, []kernel.Problem(nil)
	for _, c := range checks {
		done, err := follow(ctx, e, s, project, c)
		if err != nil {
			return err
		}
		out.Checks = append(out.Checks, done)
		open = open || done.Open > 0
		if done.Status == "failed" {
			failed = append(failed, kernel.Problem{Path: done.Workload, Message: done.Message, Fix: done.Fix})
		}
	}
	all, err := s.Drifts(ctx, project, apiclient.ListDriftParams{Stage: stage, Workload: workload})
	if err != nil {
		return err
	}
	out.Drift = append(out.Drift, all...)
	err = e.Print(out, func(w io.Writer) {
		if len(out.Drift) > 0 {
			output.List(w, out.Drift, header(), row(e))
		}
	})
	switch {
	case err != nil:
		return err
	case len(failed) > 0:
		return kernel.Errorf(kernel.Refused, "%d of %d checks failed: what was changed there is not known", len(failed), len(checks)).WithProblems(failed...)
	case open:
		e.Say("look closer with terrace drift show, then decide: terrace drift revert, accept or ignore")
		return &exit.DriftError{Stage: stage}
	default:
		return nil
	}
}

// follow says what a check does until it has ended.
func follow(ctx context.Context, e *command.Env, s command.Server, project string, c apiclient.DriftCheck) (apiclient.DriftCheck, error) {
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for said := ""; ; {
		if c.Message != said {
			said = c.Message
			e.Say("%s in %s: %s", c.Workload, c.Scope.Stage, c.Message)
		}
		if c.Status == "done" || c.Status == "failed" {
			return c, nil
		}
		select {
		case <-ctx.Done():
			return c, context.Cause(ctx)
		case <-ticker.C:
		}
		next, err := s.DriftCheck(ctx, project, c.ID)
		if err != nil {
			return c, err
		}
		c = next
	}
}
