package cost

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func rules(e *command.Env) *cobra.Command {
	return command.Group("rules", "The rules by which costs are allocated", showRules(e), applyRules(e))
}

func showRules(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Show the rules of allocation", Args: cobra.NoArgs, Example: "  terrace cost rules show",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			r, err := s.CostRules(ctx)
			if err != nil {
				return err
			}
			return e.Print(r, func(w io.Writer) { writeRules(w, r) })
		}),
	}
}

func writeRules(w io.Writer, r apiclient.FocusRules) {
	if r.Source != "" {
		_, _ = fmt.Fprintf(w, "# applied by %s\n%s", r.By, r.Source)
		return
	}
	_, _ = fmt.Fprintln(w, "# nothing was applied: tags alone tell whose costs are")
	for _, d := range []string{"tenant", "project", "stage", "workload", "costcenter", "owner"} {
		if keys := r.Tags[d]; keys != nil {
			_, _ = fmt.Fprintf(w, "# %s: %s\n", d, strings.Join(*keys, ", "))
		}
	}
}

// maxRules bounds the document of rules, in bytes.
const maxRules = 256 << 10

func applyRules(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "apply FILE", Short: "Make the rules of allocation be as a file says", Args: cobra.ExactArgs(1), Example: "  terrace cost rules apply allocation.yaml",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			source, err := command.Read(args[0], maxRules)
			if err != nil {
				return err
			}
			r, err := s.SetCostRules(ctx, apiclient.SetCostRulesRequest{File: args[0], Source: string(source)})
			if err != nil {
				return err
			}
			return e.Print(r, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s and %s hold for every month; see terrace cost showback\n", cost.Counted(len(r.Assign), "assignment"), cost.Counted(len(r.Shared), "shared cost"))
			})
		}),
	}
}
