package policy

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func list(e *command.Env) *cobra.Command {
	var chosen choice
	c := &cobra.Command{
		Use: "list", Short: "List policies with their levels and controls", Args: cobra.NoArgs,
		Long:    "No server is asked: these are the rules that the client has, or those of --policies.",
		Example: "  terrace policy list\n  terrace policy list --policies ./policy -o json",
		RunE: func(c *cobra.Command, _ []string) error {
			set, err := chosen.compile(c.Context())
			if err != nil {
				return &exit.PolicyError{Err: err}
			}
			all := set.Policies()
			return e.Print(all, func(w io.Writer) {
				var rows [][]string
				for _, p := range all {
					rows = append(rows, []string{p.ID, p.Rule, string(p.Level), string(p.Severity), p.Controls.String(), p.Title})
				}
				output.Rows(w, []string{"POLICY", "RULE", "LEVEL", "SEVERITY", "CONTROLS", "TITLE"}, rows)
			})
		},
	}
	chosen.flags(c)
	return c
}
