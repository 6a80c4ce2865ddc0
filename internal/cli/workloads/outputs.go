package workloads

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

// Outputs returns terrace outputs.
func Outputs(e *command.Env) *cobra.Command {
	var stage string
	c := &cobra.Command{
		Use: "outputs WORKLOAD", Short: "Show what a workload publishes for others, what it takes, and who takes from it",
		Example: "  terrace outputs orders\n  terrace outputs orders --stage dev -o json",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Workloads(),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			found, err := s.Outputs(ctx, project, args[0], apiclient.GetOutputsParams{Stage: stage})
			if err != nil {
				return err
			}
			return e.Print(found, func(w io.Writer) {
				for _, st := range found {
					writeOutputs(w, project, args[0], st)
				}
			})
		}),
	}
	e.StageFlag(c, &stage, "stage", "only in this stage", false)
	return c
}

func writeOutputs(w io.Writer, project, workload string, st apiclient.StageOutputs) {
	line := workload + " in " + st.Stage
	if st.State != nil {
		line += fmt.Sprintf(", serial %d, applied by %s", st.State.Serial, st.Run)
	}
	_, _ = fmt.Fprintln(w, line)
	for _, out := range st.Outputs {
		_, _ = fmt.Fprintf(w, "  publishes %s = %s\n", out.Name, shown(out.Value, out.Sensitive))
	}
	for _, in := range st.Inputs {
		_, _ = fmt.Fprintf(w, "  takes %s of %s = %s, serial %d\n", in.Output, in.Stack, shown(in.Value, in.Sensitive), in.State.Serial)
		if in.Outdated != "" {
			_, _ = fmt.Fprintf(w, "    since then %s\n", in.Outdated)
		}
	}
	for _, user := range st.Users {
		name := user.Workload
		if user.Project != project {
			name += " of the project " + user.Project
		}
		_, _ = fmt.Fprintf(w, "  is used by %s\n", strings.TrimSuffix(name+": "+strings.Join(user.Outputs, ", "), ": "))
	}
}

func shown(value any, sensitive bool) string {
	if sensitive {
		return "(sensitive)"
	}
	raw, _ := json.Marshal(value) // it came from JSON
	return string(raw)
}
