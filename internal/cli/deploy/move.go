package deploy

import (
	"context"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/runs"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// move is a command that starts a run for a workload that is known already.
type move struct {
	e                      *command.Env
	operation              apiclient.RunOperation
	stage, release, reason string
	yes, force             bool
	dry                    dryRun
	waiting                runs.Waiting
	start                  func(ctx context.Context, s command.Server, project, workload string) (apiclient.Run, error)
}

func (m *move) command(use, short, example string) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Long: short + ".\n\n" + dryRunHelp, Example: example,
		Args: cobra.ExactArgs(1), ValidArgsFunction: m.e.Workloads(),
		RunE: func(c *cobra.Command, args []string) error { return m.run(c.Context(), args[0]) },
	}
	c.Flags().StringVar(&m.reason, "reason", "", "why; it is kept with the run and in the audit log")
	m.waiting.Flags(c)
	m.dry.flag(c)
	return c
}

func (m *move) run(ctx context.Context, workload string) error {
	s, project, err := m.e.Project(ctx)
	if err != nil {
		return err
	}
	if m.dry.on {
		return m.preview(ctx, s, project, workload)
	}
	r, err := m.start(ctx, s, project, workload)
	if err != nil {
		return err
	}
	return m.waiting.Finish(ctx, m.e, s, project, r)
}

// preview tells what speaks against the change, and plans it where there is
// something to plan.
func (m *move) preview(ctx context.Context, s command.Server, project, workload string) error {
	a, err := s.Assess(ctx, project, workload, apiclient.AssessChangeParams{Operation: m.operation, Stage: m.stage, Release: m.release, Force: m.force})
	if err != nil {
		return err
	}
	if m.dry.whenOpen { // a window that closes the stage is no obstacle then
		a.Obstacles = slices.DeleteFunc(a.Obstacles, func(o kernel.Problem) bool { return o.Path == "windows" })
		a.Allowed = len(a.Obstacles) == 0
	}
	if a.Release == nil {
		if err := m.e.Print(preview{Assessment: &a}, func(w io.Writer) { writeAssessment(w, a, m.e.Clock.Now()) }); err != nil {
			return err
		}
		return refused(a)
	}
	r, err := m.start(ctx, s, project, workload)
	if err != nil {
		return err
	}
	return m.dry.finish(ctx, m.e, s, project, r, m.waiting, &a)
}

// Promote returns terrace promote.
func Promote(e *command.Env) *cobra.Command {
	m := &move{e: e, operation: apiclient.RunOperationPromote}
	m.start = func(ctx context.Context, s command.Server, project, workload string) (apiclient.Run, error) {
		return s.Promote(ctx, project, workload, apiclient.PromoteRequest{To: m.stage, Release: m.release, Reason: m.reason, DryRun: m.dry.on, WhenOpen: m.dry.whenOpen})
	}
	c := m.command("promote WORKLOAD", "Carry a release, unchanged, to the next stage",
		"  terrace promote orders --to test\n  terrace promote orders --to prod --release 2 --wait-approval\n  terrace promote orders --to prod --dry-run\n  terrace promote orders --to dev --release 2")
	e.StageFlag(c, &m.stage, "to", "the stage to promote to", true)
	c.Flags().StringVar(&m.release, "release", "", "the release, by its id, number or version; the one in the stage before by default; the first stage takes any that there is")
	return c
}

// Rollback returns terrace rollback.
func Rollback(e *command.Env) *cobra.Command {
	m := &move{e: e, operation: apiclient.RunOperationRollback}
	m.start = func(ctx context.Context, s command.Server, project, workload string) (apiclient.Run, error) {
		return s.Rollback(ctx, project, workload, apiclient.RollBackRequest{Stage: m.stage, Release: m.release, Reason: m.reason, DryRun: m.dry.on, WhenOpen: m.dry.whenOpen})
	}
	c := m.command("rollback WORKLOAD", "Go back to a release that worked in a stage before",
		"  terrace rollback orders --stage prod --reason \"errors since noon\"")
	e.StageFlag(c, &m.stage, "stage", "the stage to roll back", true)
	c.Flags().StringVar(&m.release, "release", "", "the release, by its id, number or version; the one before by default")
	return command.Override(c)
}

// Destroy returns terrace destroy.
func Destroy(e *command.Env) *cobra.Command {
	m := &move{e: e, operation: apiclient.RunOperationDestroy}
	m.start = func(ctx context.Context, s command.Server, project, workload string) (apiclient.Run, error) {
		if err := e.Confirm(m.yes || m.dry.on, "Destroy "+workload+" in "+m.stage+" with everything it owns there?"); err != nil {
			return apiclient.Run{}, err
		}
		return s.Destroy(ctx, project, workload, apiclient.DestroyRequest{Stage: m.stage, Reason: m.reason, DryRun: m.dry.on, WhenOpen: m.dry.whenOpen, Force: m.force})
	}
	c := m.command("destroy WORKLOAD", "Remove a workload from a stage, with everything it owns there",
		"  terrace destroy orders --stage dev --yes")
	e.StageFlag(c, &m.stage, "stage", "the stage to remove it from", true)
	c.Flags().BoolVar(&m.force, "force", false, "destroy it although other workloads take its outputs; for admins")
	c.Flags().BoolVarP(&m.yes, "yes", "y", false, "destroy without asking")
	return command.Override(c)
}
