// Package explain has the command terrace explain.
//
// It owns how an explanation is shown. The server gives it.
package explain

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
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/releases"
)

type query struct{ workload, stage string }

// Command returns terrace explain.
func Command(e *command.Env) *cobra.Command {
	var q query
	c := &cobra.Command{
		Use: "explain RUN|RELEASE|RESOURCE", Short: "Say why a run went as it did, where a release may go, or why a module serves a resource",
		Example: "  terrace explain run_…\n  terrace explain rel_… --stage prod\n  terrace explain '#2' --stage prod\n  terrace explain cache --workload orders --stage dev",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Runs(""),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if strings.HasPrefix(args[0], "run_") {
				return explainRun(ctx, e, s, project, args[0])
			}
			if strings.HasPrefix(args[0], "rel_") || strings.HasPrefix(args[0], "#") {
				return q.explainRelease(ctx, e, s, project, args[0])
			}
			return q.explainResource(ctx, e, s, project, args[0])
		}),
	}
	c.Flags().StringVar(&q.workload, "workload", "", "the workload that needs the resource; the only one by default")
	_ = c.RegisterFlagCompletionFunc("workload", e.Workloads()) // the flag was made above
	e.StageFlag(c, &q.stage, "stage", "only at this stage", false)
	return c
}

func explainRun(ctx context.Context, e *command.Env, s command.Server, project, id string) error {
	x, err := s.ExplainRun(ctx, project, id)
	if err != nil {
		return err
	}
	return e.Print(x, func(w io.Writer) {
		now := e.Clock.Now()
		_, _ = fmt.Fprintln(w, output.Told(now, x.Summary))
		for _, d := range x.Details {
			_, _ = fmt.Fprintf(w, "  %s\n", output.Told(now, d))
		}
		for _, n := range x.Next {
			_, _ = fmt.Fprintf(w, "next: %s\n", output.Told(now, n))
		}
	})
}

func (q query) explainRelease(ctx context.Context, e *command.Env, s command.Server, project, id string) error {
	x, err := s.ExplainRelease(ctx, project, apiclient.ExplainReleaseParams{Release: id, Stage: q.stage})
	if err != nil {
		return err
	}
	return e.Print(x, func(w io.Writer) { releases.WriteStages(w, x, e.Clock.Now()) })
}

func (q query) explainResource(ctx context.Context, e *command.Env, s command.Server, project, resource string) error {
	workload, err := q.workloadOf(ctx, s, project)
	if err != nil {
		return err
	}
	found, err := s.ExplainResource(ctx, project, apiclient.ExplainResourceParams{Workload: workload, Stage: q.stage, Resource: resource})
	if err != nil {
		return err
	}
	return e.Print(found, func(w io.Writer) {
		for _, x := range found {
			write(w, x)
		}
	})
}

func (q query) workloadOf(ctx context.Context, s command.Server, project string) (string, error) {
	if q.workload != "" {
		return q.workload, nil
	}
	all, err := s.Workloads(ctx, project)
	if err != nil {
		return "", err
	}
	if len(all) == 1 {
		return all[0].Name, nil
	}
	return "", exit.Wrong("the project %s has %d workloads", project, len(all)).WithFix("name one with --workload")
}

func write(w io.Writer, x apiclient.ResourceExplanation) {
	n := x.Resource
	_, _ = fmt.Fprintf(w, "%s at %s, release #%d: served by definition %s with module %s %s (%s)\n",
		n.UID, x.Stage, x.Release.Number, n.Definition, n.Module.Source, n.Module.Version, x.Address)
	for _, c := range n.Why.Candidates {
		mark := " "
		if c.Won {
			mark = "*"
		}
		_, _ = fmt.Fprintf(w, "  %s %s: %s\n", mark, c.Definition, c.Reason)
	}
	for _, name := range slices.Sorted(maps.Keys(n.Outputs)) {
		_, _ = fmt.Fprintf(w, "    gives %s = %v\n", name, n.Outputs[name])
	}
	for _, taken := range n.LandingZone() {
		_, _ = fmt.Fprintf(w, "    takes %s from the landing zone of %s\n", taken, x.Stage)
	}
	for _, name := range slices.Sorted(maps.Keys(x.Outputs)) {
		_, _ = fmt.Fprintf(w, "    %s = %s\n", name, x.Outputs[name])
	}
}
