// Package explain has the command terrace explain.
//
// It owns how an explanation is shown. The server gives it.
package explain

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// Command returns terrace explain.
func Command(e *command.Env) *cobra.Command {
	var workload, stage string
	c := &cobra.Command{
		Use: "explain RUN|RESOURCE", Short: "Say why a run went as it did, or why a module serves a resource",
		Example: "  terrace explain run_…\n  terrace explain cache --workload orders --stage dev",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Runs(""),
		RunE: func(c *cobra.Command, args []string) error {
			raw, err := ask(c.Context(), e, c.CommandPath(), args[0], workload, stage)
			if err != nil {
				return err
			}
			return e.Print(raw, func(w io.Writer) { write(w, raw) })
		},
	}
	c.Flags().StringVar(&workload, "workload", "", "the workload that needs the resource")
	_ = c.RegisterFlagCompletionFunc("workload", e.Workloads()) // the flag was made above
	e.StageFlag(c, &stage, "stage", "the stage where the resource is", false)
	return c
}

func ask(ctx context.Context, e *command.Env, path, what, workload, stage string) (json.RawMessage, error) {
	isRun := strings.HasPrefix(what, "run_")
	if !isRun && (workload == "" || stage == "") {
		return nil, &exit.UsageError{Err: fmt.Errorf("a resource needs --workload and --stage"), Command: path}
	}
	s, project, err := e.Project(ctx)
	if err != nil {
		return nil, err
	}
	if isRun {
		return s.ExplainRun(ctx, project, what)
	}
	return s.ExplainResource(ctx, project, workload, stage, what)
}

// write shows the text of an explanation where it has one, else all of it.
func write(w io.Writer, raw json.RawMessage) {
	var e struct {
		Text    string   `json:"text"`
		Summary string   `json:"summary"`
		Lines   []string `json:"lines"`
	}
	if json.Unmarshal(raw, &e) == nil && e.Text+e.Summary+strings.Join(e.Lines, "") != "" {
		for _, part := range append([]string{e.Summary, e.Text}, e.Lines...) {
			if part != "" {
				_, _ = fmt.Fprintln(w, strings.TrimRight(part, "\n"))
			}
		}
		return
	}
	if err := output.Write(w, output.YAML, raw, nil); err != nil {
		_, _ = fmt.Fprintln(w, string(raw))
	}
}
