package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// plainUsages takes the backticks that name the value of a flag in a help text out of the
// descriptions that a shell shows: those are not formatted.
func plainUsages(root *cobra.Command, args []string) {
	if len(args) > 0 && args[0] == cobra.ShellCompRequestCmd {
		plainBelow(root, func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") })
	}
}

func plainBelow(c *cobra.Command, plain func(*pflag.Flag)) {
	c.Flags().VisitAll(plain)
	c.PersistentFlags().VisitAll(plain)
	for _, below := range c.Commands() {
		plainBelow(below, plain)
	}
}
