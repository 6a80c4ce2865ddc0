package command

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// RunE is a function of cobra that does what a command is for.
type RunE = func(*cobra.Command, []string) error

// AtServer makes run, which needs no project, a function of cobra.
func (e *Env) AtServer(run func(ctx context.Context, s Server, args []string) error) RunE {
	return func(c *cobra.Command, args []string) error {
		s, err := e.Server()
		if err != nil {
			return err
		}
		return run(c.Context(), s, args)
	}
}

// InProject makes run, which is about the project, a function of cobra.
func (e *Env) InProject(run func(ctx context.Context, s Server, project string, args []string) error) RunE {
	return func(c *cobra.Command, args []string) error {
		s, project, err := e.Project(c.Context())
		if err != nil {
			return err
		}
		return run(c.Context(), s, project, args)
	}
}

// InScope makes run a function of cobra that is about the project or, where
// tenant is set once the flags are read, about the tenant: project is "" then.
func (e *Env) InScope(tenant *bool, run func(ctx context.Context, s Server, project string, args []string) error) RunE {
	inProject := e.InProject(run)
	inTenant := e.AtServer(func(ctx context.Context, s Server, args []string) error { return run(ctx, s, "", args) })
	return func(c *cobra.Command, args []string) error {
		if *tenant {
			if t := c.Flags().Lookup("tenant"); t != nil && t.Changed && c.Flags().Changed("project") {
				return exit.Wrong("--tenant and --project do not go together").WithFix("give one of them; see %s --help", c.CommandPath())
			}
			return inTenant(c, args)
		}
		return inProject(c, args)
	}
}

// PrintList writes what a command that lists found: for people a table with a
// row for each.
func PrintList[T any](e *Env, found []T, header []string, row func(T) []string) error {
	if found == nil {
		found = []T{} // a program reads a list, never null
	}
	return e.Print(found, func(w io.Writer) { output.List(w, found, header, row) })
}

// PrintFound is PrintList of what a call found, or its error.
func PrintFound[T any](e *Env, found []T, err error, header []string, row func(T) []string) error {
	if err != nil {
		return err
	}
	return PrintList(e, found, header, row)
}

// First returns the argument that may be left out, "" where it was.
func First(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
