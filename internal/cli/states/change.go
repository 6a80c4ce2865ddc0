package states

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
)

const changeHelp = "It needs a reason, which is in the audit log, and no run that works on the workload on this stage.\n" +
	"Plans that were made before are stale and are made again. Nothing changes in the target."

// change are the flags of commands that change a state by hand.
type change struct {
	stage, reason string
	yes           bool
}

func (f *change) add(e *command.Env, c *cobra.Command) {
	e.StageFlag(c, &f.stage, "stage", "the stage", true)
	c.Flags().StringVar(&f.reason, "reason", "", "why")
	c.Flags().BoolVarP(&f.yes, "yes", "y", false, "do it without asking")
	_ = c.MarkFlagRequired("reason") // the flag is there
}

// confirm asks whether the change is meant.
func (f *change) confirm(e *command.Env, question string, args ...any) error {
	return e.Confirm(f.yes, fmt.Sprintf(question, args...))
}

// done prints the version that a change made.
func done(e *command.Env, v apiclient.StateVersion, err error) error {
	if err != nil {
		return err
	}
	return e.Print(v, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "the state has serial %d now: %s (%s)\n", v.Serial, v.Cause, v.ID)
	})
}

func move(e *command.Env) *cobra.Command {
	var f change
	c := &cobra.Command{
		Use: "mv WORKLOAD FROM TO", Short: "Give a resource or a module of a state another address", Long: changeHelp,
		Args: cobra.ExactArgs(3), ValidArgsFunction: e.Workloads(),
		Example: "  terrace state mv orders module.old module.new --stage dev --reason 'the resource was renamed'",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if err := f.confirm(e, "Move %s to %s in the state of %s on %s?", args[1], args[2], args[0], f.stage); err != nil {
				return err
			}
			v, err := s.MoveState(ctx, project, args[0], f.stage, apiclient.MoveStateRequest{From: args[1], To: args[2], Reason: f.reason})
			return done(e, v, err)
		}),
	}
	f.add(e, c)
	return c
}

func remove(e *command.Env) *cobra.Command {
	var f change
	c := &cobra.Command{
		Use: "rm WORKLOAD ADDRESS...", Short: "Forget resources, which stay as they are", Long: changeHelp,
		Args: cobra.MinimumNArgs(2), ValidArgsFunction: e.Workloads(),
		Example: "  terrace state rm orders module.dns_zone --stage dev --reason 'another team owns it now'",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if err := f.confirm(e, "Forget %d addresses of the state of %s on %s?", len(args)-1, args[0], f.stage); err != nil {
				return err
			}
			v, err := s.RemoveState(ctx, project, args[0], f.stage, apiclient.RemoveStateRequest{Addresses: args[1:], Reason: f.reason})
			return done(e, v, err)
		}),
	}
	f.add(e, c)
	return c
}

func rollback(e *command.Env) *cobra.Command {
	var f change
	var to string
	c := &cobra.Command{
		Use: "rollback WORKLOAD --to VERSION", Short: "Bring the content of an earlier version back", Long: changeHelp,
		Args: cobra.ExactArgs(1), ValidArgsFunction: e.Workloads(),
		Example: "  terrace state rollback orders --stage dev --to 3 --reason 'the import was wrong'",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			version, err := find(ctx, s, project, args[0], f.stage, to)
			if err != nil {
				return err
			}
			if err := f.confirm(e, "Bring version %s of the state of %s on %s back?", to, args[0], f.stage); err != nil {
				return err
			}
			v, err := s.RollbackState(ctx, project, args[0], f.stage, apiclient.RollBackStateRequest{Version: version, Reason: f.reason})
			return done(e, v, err)
		}),
	}
	f.add(e, c)
	c.Flags().StringVar(&to, "to", "", "the version, by its id or serial")
	_ = c.MarkFlagRequired("to") // the flag is there
	return c
}

func bring(e *command.Env) *cobra.Command {
	var f change
	var file string
	var replace, other bool
	c := &cobra.Command{
		Use: "import WORKLOAD --file FILE", Short: "Take a state that was kept elsewhere",
		Long: "The file is a state of format 4, as terraform state pull writes it. " + changeHelp + "\n" +
			"Where its addresses are not those that the workload has here, terrace state mv moves them.",
		Args: cobra.ExactArgs(1), ValidArgsFunction: e.Workloads(),
		Example: "  terraform state pull > orders.tfstate && terrace state import orders --stage dev --file orders.tfstate --reason 'moved from the old backend'",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			state, err := command.Open(file)
			if err != nil {
				return err
			}
			defer func() { _ = state.Close() }() // it was only read
			info, err := state.Stat()
			if err != nil || !info.Mode().IsRegular() {
				return exit.Wrong("%s is no file", file)
			}
			if err := e.Confirm(f.yes || !replace, question(file, args[0], f.stage, other)); err != nil {
				return err
			}
			p := apiclient.ImportStateParams{Stage: f.stage, Replace: replace, OtherLineage: other, Reason: f.reason}
			v, err := s.ImportState(ctx, project, args[0], p, state, info.Size())
			return done(e, v, command.Of(file, err))
		}),
	}
	f.add(e, c)
	c.Flags().StringVarP(&file, "file", "f", "", "the state")
	c.Flags().BoolVar(&replace, "replace", false, "put it in the place of a state that is there")
	c.Flags().BoolVar(&other, "other-lineage", false, "with --replace: even where the state that is there has another lineage, and is of something else")
	_ = c.MarkFlagRequired("file") // the flag is there
	return c
}

func question(file, workload, stage string, other bool) string {
	text := fmt.Sprintf("Put %s in the place of the state of %s on %s", file, workload, stage)
	if other {
		text += ", even where that is the state of something else"
	}
	return text + "?"
}

func unlock(e *command.Env) *cobra.Command {
	var f change
	c := &cobra.Command{
		Use: "unlock WORKLOAD LOCK", Short: "Give the lock of a state back for a holder that cannot",
		Long: "A lock whose run has ended or was taken over is given back by itself when the stack is next worked on:\n" +
			"this is for who wants to see it gone. A run that works keeps its lock.",
		Args: cobra.ExactArgs(2), ValidArgsFunction: e.Workloads(),
		Example: "  terrace state unlock orders 6f1c2a3e-0000-4000-8000-000000000001 --stage dev --reason 'its runner is gone'",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if err := f.confirm(e, "Give the lock %s of %s on %s back?", args[1], args[0], f.stage); err != nil {
				return err
			}
			if err := s.UnlockState(ctx, project, args[0], f.stage, apiclient.UnlockStateRequest{ID: args[1], Reason: f.reason}); err != nil {
				return err
			}
			return e.Print(map[string]string{"unlocked": args[1]}, func(w io.Writer) { _, _ = fmt.Fprintln(w, "the state is not locked any more") })
		}),
	}
	f.add(e, c)
	return c
}
