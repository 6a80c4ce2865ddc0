package cost

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/kernel"
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
			f, err := os.Open(args[0])
			if err != nil {
				return kernel.Errorf(kernel.NotFound, "the file %s cannot be read: %w", args[0], err)
			}
			defer func() { _ = f.Close() }()
			source, err := io.ReadAll(io.LimitReader(f, maxRules+1))
			if err != nil || len(source) > maxRules {
				return kernel.Errorf(kernel.Invalid, "%s cannot be read, or has more than %d bytes", args[0], maxRules)
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
