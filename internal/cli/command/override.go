package command

import (
	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
)

// Override adds the flag with which an admin changes by hand what a repository
// is the source of.
func Override(c *cobra.Command) *cobra.Command {
	var reason string
	c.Flags().StringVar(&reason, "override", "", "why, as an admin, you change by hand what is kept in a repository")
	c.PreRun = func(c *cobra.Command, _ []string) { c.SetContext(apiclient.WithOverride(c.Context(), reason)) }
	return c
}
