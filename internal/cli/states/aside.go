package states

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func aside(e *command.Env) *cobra.Command {
	var stage string
	c := &cobra.Command{
		Use: "aside WORKLOAD", Short: "List states that an apply could not store, or that were set aside",
		Long: "What an apply could not store comes into force before anything else happens to the workload on the stage, and\n" +
			"has the id unstored until then. What others' work has overtaken meanwhile is set aside, and stays so until somebody\n" +
			"takes it back or discards it. Their ids serve terrace state list, show and diff as versions do.",
		Args: cobra.ExactArgs(1), ValidArgsFunction: e.Workloads(),
		Example: "  terrace state aside orders --stage dev\n  terrace state diff orders --stage dev --from sv_…",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			found, err := s.SetAsideStates(ctx, project, args[0], stage)
			if err == nil && len(found) == 0 {
				err = hadState(ctx, s, project, args[0], stage)
			}
			if err != nil {
				return err
			}
			return command.PrintList(e, found, []string{"ID", "SERIAL", "LINEAGE", "AGE", "BYTES", "FENCE", "WAITS"}, func(a apiclient.StateAside) []string {
				age, waits := "", "set aside"
				if a.KeptAt != nil {
					age = output.Age(e.Clock.Now(), *a.KeptAt)
				}
				if a.Waits {
					waits = "for the next run"
				}
				return []string{a.ID, strconv.FormatInt(a.Serial, 10), a.Lineage, age, strconv.FormatInt(a.Size, 10), strconv.FormatInt(a.Fence, 10), waits}
			})
		}),
	}
	e.StageFlag(c, &stage, "stage", "the stage", true)
	return c
}

func takeBack(e *command.Env) *cobra.Command {
	var f change
	var other bool
	c := &cobra.Command{
		Use: "take-back WORKLOAD ID", Short: "Bring a state that was set aside, or not stored, into force",
		Long: "It becomes the newest version; the one that is in force now stays in the history. " + changeHelp,
		Args: cobra.ExactArgs(2), ValidArgsFunction: e.Workloads(),
		Example: "  terrace state take-back orders sv_… --stage dev --reason 'what it made is there, and what came after is not'",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if err := f.confirm(e, "Put %s in the place of the state of %s on %s?", args[1], args[0], f.stage); err != nil {
				return err
			}
			v, err := s.TakeBackState(ctx, project, args[0], f.stage, apiclient.TakeBackStateRequest{ID: args[1], OtherLineage: other, Reason: f.reason})
			return done(e, v, err)
		}),
	}
	f.add(e, c)
	c.Flags().BoolVar(&other, "other-lineage", false, "even where the state that is there has another lineage, and is of something else")
	return c
}

func discard(e *command.Env) *cobra.Command {
	var f change
	c := &cobra.Command{
		Use: "discard WORKLOAD ID", Short: "Forget a state that was set aside, for good",
		Long: "What it knows of the target is lost: look at it first. The one with the id unstored, which the next run would bring\n" +
			"into force, is set aside by this, and forgotten when it is discarded once more by its new id.",
		Args: cobra.ExactArgs(2), ValidArgsFunction: e.Workloads(),
		Example: "  terrace state discard orders sv_… --stage dev --reason 'it was of a run that others have overtaken'",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if err := f.confirm(e, "Forget the state %s of %s on %s?", args[1], args[0], f.stage); err != nil {
				return err
			}
			if err := s.DiscardState(ctx, project, args[0], f.stage, apiclient.DiscardStateRequest{ID: args[1], Reason: f.reason}); err != nil {
				return err
			}
			return e.Print(map[string]string{"discarded": args[1]}, func(w io.Writer) { _, _ = fmt.Fprintln(w, "the state is discarded") })
		}),
	}
	f.add(e, c)
	return c
}
