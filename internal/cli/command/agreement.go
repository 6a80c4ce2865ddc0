package command

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/exit"
)

// Agreement makes c the command agreement DIR, which holds what Terrace says against
// what others said of the same: hold does that for a folder, and write tells both
// figures. What cannot be evaluated ends with the code for that.
func Agreement[R any](e *Env, c *cobra.Command, hold func(ctx context.Context, dir string) (R, error), write func(w io.Writer, r R)) *cobra.Command {
	c.Use, c.Args = "agreement DIR", cobra.ExactArgs(1)
	c.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		r, err := hold(c.Context(), args[0])
		if err != nil {
			return &exit.PolicyError{Err: err}
		}
		return e.Print(r, func(w io.Writer) { write(w, r) })
	}
	return c
}
