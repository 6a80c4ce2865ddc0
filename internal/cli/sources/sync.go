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
	"github.com/terrace-idp/terrace/internal/kernel"
)

func sync(e *command.Env) *cobra.Command {
	var wait bool
	c := &cobra.Command{
		Use: "sync NAME", Short: "Reconcile a source at once, and try runs and builds that failed again",
		Example: "  terrace source sync platform\n  terrace source sync platform --wait",
	}
	c.Flags().BoolVar(&wait, "wait", false, "wait until it is done, builds and runs included, and fail where something did")
	return named(e, c, func(ctx context.Context, s command.Server, name string) error {
		n, err := s.SyncSource(ctx, name)
		if err == nil && wait {
			return await(ctx, e, s, n)
		}
		return changed(e, n, err, func(n apiclient.Source) string {
			return fmt.Sprintf("%s is being reconciled: terrace source status %s", n.Name, n.Name)
		})
	})
}

// await waits until a source was reconciled after a moment, and no run of it is
// on its way. A run that waits for a person is waited for as well.
func await(ctx context.Context, e *command.Env, s command.Server, before apiclient.Source) error {
	for {
		if err := command.Pause(ctx, askEvery); err != nil {
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
