// Package workloads has the commands about a workload's file and its state:
// terrace workload validate, workload graph and status.
//
// It owns their flags and tables. Validation works without a server.
package workloads

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
	"github.com/terrace-idp/terrace/internal/cli/score"
)

// Command returns terrace workload.
func Command(e *command.Env) *cobra.Command {
	return command.Group("workload", "Check a workload's file and see what it becomes", validate(e), resolve(e))
}

func count(n int, noun string) string { return output.Count(n, noun) }

func resolve(e *command.Env) *cobra.Command {
	var stage string
	c := &cobra.Command{
		Use: "graph FILE", Short: "Show which resources a workload needs at a stage, and what serves them",
		Example: "  terrace workload graph score.yaml --stage dev\n  terrace workload graph score.yaml --stage prod -o json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := score.Read(args[0])
			if err != nil {
				return err
			}
			text, err := f.Complete()
			if err != nil {
				return err
			}
			s, project, err := e.Project(c.Context())
			if err != nil {
				return err
			}
			g, err := s.Graph(c.Context(), project, text, stage)
			if err != nil {
				return f.Relocate(err)
			}
			return e.Print(g, func(w io.Writer) { writeGraph(w, g) })
		},
	}
	e.StageFlag(c, &stage, "stage", "the stage to resolve for", true)
	return c
}

func writeGraph(w io.Writer, g apiclient.Graph) {
	output.List(w, g.Nodes, []string{"RESOURCE", "DEFINITION", "MODULE", "NEEDS", "GIVES", "LANDING ZONE"}, func(n apiclient.Node) []string {
		return []string{n.UID, n.Definition, n.Module.Source + " " + n.Module.Version, strings.Join(n.DependsOn, ", "), strings.Join(slices.Sorted(maps.Keys(n.Outputs)), ", "), strings.Join(n.LandingZone(), ", ")}
	})
}

// Status returns terrace status.
func Status(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "status [WORKLOAD]", Short: "Show which release of a workload is where, and how it is",
		Example: "  terrace status orders\n  terrace status",
		Args:    cobra.MaximumNArgs(1), ValidArgsFunction: e.Workloads(),
		RunE: func(c *cobra.Command, args []string) error {
			list, err := find(c.Context(), e, args)
			if err != nil {
				return err
			}
			drifted, err := drifts(c.Context(), e)
			if err != nil {
				return err
			}
			var result any = list
			if len(args) == 1 {
				result = list[0]
			}
			return e.Print(result, func(w io.Writer) { writeStatus(w, e, list, drifted) })
		},
	}
}

func find(ctx context.Context, e *command.Env, args []string) ([]apiclient.Workload, error) {
	s, project, err := e.Project(ctx)
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return s.Workloads(ctx, project)
	}
	w, err := s.Workload(ctx, project, args[0])
	return []apiclient.Workload{w}, err
}

// drifts sums up what was changed outside, by workload and stage.
func drifts(ctx context.Context, e *command.Env) (map[string]string, error) {
	s, project, err := e.Project(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := s.DriftCounts(ctx, project)
	words := map[string]string{}
	for _, severity := range []apiclient.DriftSeverity{"critical", "high", "medium", "low"} {
		for _, c := range counts {
			if at := c.Workload + "/" + c.Stage; c.Severity == severity && c.Status != "ignored" {
				words[at] = strings.TrimPrefix(fmt.Sprintf("%s, %d %s", words[at], c.Count, severity), ", ")
			}
		}
	}
	return words, err
}

func writeStatus(w io.Writer, e *command.Env, list []apiclient.Workload, drifted map[string]string) {
	var rows [][]string
	for _, workload := range list {
		for _, st := range workload.Stages {
			row := []string{workload.Name, st.Stage, "", "", standing(e, st), "", drifted[workload.Name+"/"+st.Stage], strings.Join(urls(st.URLs), " ")}
			if st.Release != nil {
				row[2], row[3] = fmt.Sprintf("#%d %s", st.Release.Number, st.Release.ID), st.Release.Version
			}
			if st.AppliedAt != nil {
				row[5] = output.Age(e.Clock.Now(), *st.AppliedAt)
			}
			rows = append(rows, row)
		}
	}
	output.Rows(w, []string{"WORKLOAD", "STAGE", "RELEASE", "VERSION", "STATUS", "AGE", "DRIFT", "URL"}, rows)
}

// standing is how a stage is, and how far the release is that was applied last where it does not
// answer, or not alone.
func standing(e *command.Env, st apiclient.WorkloadStage) string {
	words := string(st.Status)
	if r := st.Attempted; r != nil {
		words += fmt.Sprintf(" #%d %s", r.Number, r.Version)
	}
	if r := st.Rollout; r != nil {
		words += fmt.Sprintf(": %d %% at step %d of %d for %s", r.Weight, r.Step, r.Steps, output.Age(e.Clock.Now(), r.StepAt))
	}
	return words
}

func urls(byName map[string]string) []string {
	out := make([]string, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		out = append(out, byName[name])
	}
	return out
}
