package sources

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func diff(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "diff NAME", Short: "Show what a reconciliation would do now, and do nothing", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Sources(),
		Example: "  terrace source diff platform",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			d, err := s.DiffSource(ctx, args[0])
			if err != nil {
				return err
			}
			return e.Print(d, func(w io.Writer) { writeDiff(w, d) })
		}),
	}
}

func writeDiff(w io.Writer, d apiclient.SourceDiff) {
	_, _ = fmt.Fprintf(w, "at %s\n", short(d.Commit))
	var rows [][]string
	for _, c := range d.Changes {
		if c.Action == apiclient.SourceActionNone && c.Message == "" {
			continue
		}
		rows = append(rows, []string{string(c.Action), string(c.Kind), named(c.Project, c.Name), c.File, c.Message})
	}
	if len(rows) == 0 && len(d.Problems) == 0 {
		_, _ = fmt.Fprintln(w, "nothing would change")
	} else if len(rows) > 0 {
		output.Rows(w, []string{"ACTION", "KIND", "NAME", "FILE", "MESSAGE"}, rows)
	}
	if d.Held != "" {
		_, _ = fmt.Fprintf(w, "nothing would be removed: %s\n", d.Held)
	}
	writeProblems(w, d.Problems)
	for _, c := range d.Changes {
		writeProblems(w, c.Problems)
	}
}

func sync(e *command.Env) *cobra.Command {
	var wait bool
	c := &cobra.Command{
		Use: "sync NAME", Short: "Reconcile a source at once, and try runs that failed again", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Sources(),
		Example: "  terrace source sync platform\n  terrace source sync platform --wait",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			n, err := s.SyncSource(ctx, args[0])
			if err != nil {
				return err
			}
			if wait {
				return await(ctx, e, s, n)
			}
			return e.Print(n, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s is being reconciled: terrace source status %s\n", n.Name, n.Name)
			})
		}),
	}
	c.Flags().BoolVar(&wait, "wait", false, "wait until it is done, the runs included, and fail where something did")
	return c
}

// await waits until a source was reconciled after a moment, and no run of it is
// on its way. A run that waits for a person is waited for as well.
func await(ctx context.Context, e *command.Env, s command.Server, before apiclient.Source) error {
	for {
		if err := pause(ctx, askEvery); err != nil {
			return err
		}
		d, err := s.Source(ctx, before.Name)
		if err != nil {
			return err
		}
		st := d.Source.Status
		if st.At == nil || before.Status.At != nil && !st.At.After(*before.Status.At) || st.Phase == apiclient.SourcePhaseRunning || st.Phase == apiclient.SourcePhaseWaiting {
			continue
		}
		if st.Phase == apiclient.SourcePhaseReady {
			return e.Print(d, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is ready at %s\n", before.Name, short(st.Commit)) })
		}
		problems := slices.Clone(st.Problems)
		for _, o := range d.Objects {
			problems = append(problems, o.Problems...)
		}
		return kernel.Errorf(kernel.Refused, "%s", st.Message).WithProblems(problems...).WithFix("see terrace source status %s", before.Name)
	}
}

// askEvery is how often the server is asked.
const askEvery = 500 * time.Millisecond

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func allow(e *command.Env) *cobra.Command {
	var in apiclient.AllowSourceRequest
	c := &cobra.Command{
		Use: "allow NAME", Short: "Let through what one commit removes and the guard has stopped", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Sources(),
		Long:    "terrace source status NAME shows what would go. The word counts for that one commit.",
		Example: "  terrace source allow platform --commit 4f1c2ab90d3e --reason \"the shop moved to another tenant\"",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			n, err := s.AllowSource(ctx, args[0], in)
			if err != nil {
				return err
			}
			return e.Print(n, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "what %s removes is allowed: terrace source status %s\n", short(n.Status.Commit), n.Name)
			})
		}),
	}
	c.Flags().StringVar(&in.Commit, "commit", "", "the commit, or its beginning")
	c.Flags().StringVar(&in.Reason, "reason", "", "why; it is kept in the audit log")
	_ = c.MarkFlagRequired("commit") // the flag was made above
	_ = c.MarkFlagRequired("reason") // the flag was made above
	return c
}

func trust(e *command.Env) *cobra.Command {
	in := apiclient.TrustSourceRequest{Trusted: true}
	var revoke bool
	c := &cobra.Command{
		Use: "trust NAME", Short: "Let the stages of a source have what is done with the rights of the daemon", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Sources(),
		Long: "Stages can start programs on the daemon's machine to verify, send what is in its files and variables as\n" +
			"tokens, and show paths of it to runs. Whoever may push to the source's branch says what, once it is trusted.\n" +
			"With --revoke it is trusted no longer; what its stages have stays until they change.",
		Example: "  terrace source trust platform --reason \"only the platform team merges there\"\n  terrace source trust platform --revoke --reason \"it moves\"",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			in.Trusted = !revoke
			n, err := s.TrustSource(ctx, args[0], in)
			if err != nil {
				return err
			}
			return e.Print(n, func(w io.Writer) {
				said := "may have rights of the daemon from now on"
				if revoke {
					said = "may have no further rights of the daemon"
				}
				_, _ = fmt.Fprintf(w, "stages of %s %s\n", n.Name, said)
			})
		}),
	}
	c.Flags().BoolVar(&revoke, "revoke", false, "trust it no longer")
	c.Flags().StringVar(&in.Reason, "reason", "", "why; it is kept in the audit log")
	_ = c.MarkFlagRequired("reason") // the flag was made above
	return c
}

func remove(e *command.Env) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "remove NAME", Short: "Forget a source; what it brought about stays", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Sources(),
		Example: "  terrace source remove platform --yes",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if err := e.Confirm(yes, "Forget the source "+args[0]+"? What it brought about stays, and is changed by hand from then on."); err != nil {
				return err
			}
			if err := s.RemoveSource(ctx, args[0]); err != nil {
				return err
			}
			return e.Print(map[string]any{"source": args[0], "removed": true}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s is no source any longer\n", args[0])
			})
		}),
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}
