package command

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/exit"
)

// Reason adds the flag for why somebody decides something, which has to be given
// and is looked at before anything is asked.
func Reason(c *cobra.Command, to *string) {
	c.Flags().StringVar(to, "reason", "", "why; it is kept in the audit log")
	_ = c.MarkFlagRequired("reason") // the flag was made above
	before := c.PreRunE
	c.PreRunE = func(c *cobra.Command, args []string) error {
		if *to = strings.TrimSpace(*to); *to == "" {
			return &exit.UsageError{Err: errors.New("--reason is empty"), Command: c.CommandPath()}
		}
		if before == nil {
			return nil
		}
		return before(c, args)
	}
}
