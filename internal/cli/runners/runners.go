// Package runners has the commands about remote runners: terrace runner list,
// create and remove. It owns their flags and what they print.
package runners

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Command returns terrace runner.
func Command(e *command.Env) *cobra.Command {
	return command.Group("runner", "Remote runners, which execute runs where they are", list(e), create(e), remove(e))
}

func list(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the remote runners with what they execute", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace runner list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			found, err := s.Runners(ctx)
			return command.PrintFound(e, found, err, []string{"RUNNER", "LABELS", "STATE", "SEEN", "BUSY", "RUNS"}, row(e))
		}),
	}
}

func row(e *command.Env) func(r apiclient.FleetStatus) []string {
	return func(r apiclient.FleetStatus) []string {
		state, seen := "never seen", ""
		if r.Seen != nil {
			state, seen = "away", output.Age(e.Clock.Now(), *r.Seen)
		}
		if r.Connected {
			state = "connected"
		}
		return []string{r.Name, text(r.Labels), state, seen, fmt.Sprintf("%d of %d", len(r.Runs), r.Concurrency), strings.Join(r.Runs, " ")}
	}
}

func text(labels map[string]string) string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, key+"="+labels[key])
	}
	return strings.Join(pairs, ",")
}

func create(e *command.Env) *cobra.Command {
	var labels map[string]string
	var file string
	c := &cobra.Command{
		Use: "create NAME", Short: "Create a remote runner and its token, which is shown once",
		Long: "Creates a runner that may execute the runs of stages whose runners are among its labels.\n" +
			"Start it with `terraced runner`; give each process a runner of its own.",
		Example: "  terrace runner create inside-1 --labels pool=prod,network=inside --token-file ./token",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			in := apiclient.CreateRunnerRequest{Name: args[0], Labels: labels}
			if file != "" {
				return createInto(ctx, e, s, file, in)
			}
			made, err := s.CreateRunner(ctx, in)
			if err != nil {
				return err
			}
			return e.Print(made, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "runner %s with %s\ntoken %s (shown this once)\n", made.Runner.Name, text(made.Runner.Labels), made.Token)
			})
		}),
	}
	c.Flags().StringToStringVar(&labels, "labels", nil, "what stages name under runners, such as pool=prod")
	c.Flags().StringVar(&file, "token-file", "", "write the token into this file, for its owner alone, instead of showing it")
	_ = c.MarkFlagRequired("labels") // it was made above
	return c
}

// createInto creates a runner whose token goes into a file. Where it does not get there,
// there is no runner.
func createInto(ctx context.Context, e *command.Env, s command.Server, file string, in apiclient.CreateRunnerRequest) error {
	f, err := openToken(file)
	if err != nil {
		return err
	}
	made, err := s.CreateRunner(ctx, in)
	if err != nil {
		f.drop()
		return err
	}
	if err := f.keep(made.Token); err != nil {
		f.drop()
		failed := kernel.Errorf(kernel.Unavailable, "the token cannot be written to the file %s, and the runner is removed again: %w", file, reason(err)).
			WithFix("create it with a file that can be written")
		if s.RemoveRunner(context.WithoutCancel(ctx), made.Runner.Name, apiclient.RemoveRunnerParams{Reason: "its token could not be written"}) != nil {
			failed = kernel.Errorf(kernel.Unavailable, "the token cannot be written to the file %s: %w", file, reason(err)).
				WithFix("terrace runner remove %s, and create it again with a file that can be written", made.Runner.Name)
		}
		return failed
	}
	return e.Print(made.Runner, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "runner %s with %s; its token is in %s\n", made.Runner.Name, text(made.Runner.Labels), file)
	})
}

func remove(e *command.Env) *cobra.Command {
	var reason string
	var yes bool
	c := &cobra.Command{
		Use: "remove NAME", Short: "Make a runner's token void; what it executes is lost", Aliases: []string{"rm"},
		Example: "  terrace runner remove inside-1 --reason \"the machine is gone\"",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Runners(),
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if err := e.Confirm(yes, "Remove the runner "+args[0]+"?"); err != nil {
				return err
			}
			if err := s.RemoveRunner(ctx, args[0], apiclient.RemoveRunnerParams{Reason: reason}); err != nil {
				return err
			}
			return e.Print(map[string]string{"removed": args[0]}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "the runner %s is removed\n", args[0]) })
		}),
	}
	c.Flags().StringVar(&reason, "reason", "", "why; it is kept in the audit log")
	c.Flags().BoolVarP(&yes, "yes", "y", false, "remove without asking")
	return c
}
