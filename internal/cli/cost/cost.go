// Package cost has the commands terrace cost …: what plans cost before they are
// applied, what was really paid, by whom and for what, and how well that is dealt with.
//
// It owns their flags, tables and CSV. Estimates
// work without a server (governance/cost); what was paid, and whose it is, the server says.
package cost

import (
	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
)

// Command returns terrace cost.
func Command(e *command.Env) *cobra.Command {
	return command.Group("cost", "What plans cost, and what is paid, by whom and for what", append([]*cobra.Command{estimate(e), agree(e), prices(e)}, paid(e)...)...)
}
