// Package cost has the commands terrace cost …: what was really paid, by whom and
// for what, and how well that is dealt with.
//
// It owns their flags, tables and CSV. What costs are, and whose, the server says.
package cost

import (
	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
)

// Command returns terrace cost.
func Command(e *command.Env) *cobra.Command {
	return command.Group("cost", "What is paid, by whom and for what", paid(e)...)
}
