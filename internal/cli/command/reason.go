package command

import (
	"github.com/spf13/cobra"
)

// Reason adds the flag for why somebody decides something, which has to be given.
func Reason(c *cobra.Command, to *string) {
	c.Flags().StringVar(to, "reason", "", "why; it is kept in the audit log")
	_ = c.MarkFlagRequired("reason") // the flag was made above
}
