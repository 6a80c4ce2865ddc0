// Package sources has the commands terrace source …: repositories that are the
// source of truth for stages, definitions and workloads.
//
// It owns their flags and tables. What a repository brings about is the server's.
package sources

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

// Command returns terrace source.
func Command(e *command.Env) *cobra.Command {
	return command.Group("source", "Make a repository the source of truth for stages, definitions and workloads",
		add(e), list(e), status(e), diff(e), sync(e), allow(e), trust(e), remove(e))
}

// named completes a command that is about the source it names.
func named(e *command.Env, c *cobra.Command, run func(ctx context.Context, s command.Server, name string) error) *cobra.Command {
	c.Args, c.ValidArgsFunction = cobra.ExactArgs(1), e.Sources()
	c.RunE = e.AtServer(func(ctx context.Context, s command.Server, args []string) error { return run(ctx, s, args[0]) })
	return c
}

// changed prints a source that was changed, with one line for people.
func changed(e *command.Env, n apiclient.Source, err error, line func(n apiclient.Source) string) error {
	if err != nil {
		return err
	}
	return e.Print(n, func(w io.Writer) { _, _ = fmt.Fprintln(w, line(n)) })
}

// reasoned adds the flag for why.
func reasoned(c *cobra.Command, reason *string) {
	c.Flags().StringVar(reason, "reason", "", "why; it is kept in the audit log")
	_ = c.MarkFlagRequired("reason") // the flag was made above
}

func list(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the sources", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace source list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.Sources(ctx)
			return command.PrintFound(e, all, err, []string{"NAME", "OF", "REPOSITORY", "BRANCH", "STATE", "COMMIT"}, func(n apiclient.Source) []string {
				return []string{n.Name, scopeOf(n), n.RepositoryProject + "/" + n.Repository, n.Branch, string(n.Status.Phase), short(n.Status.Commit)}
			})
		}),
	}
}

func scopeOf(n apiclient.Source) string {
	if n.Project == "" {
		return "the tenant"
	}
	return n.Project
}

func short(commit string) string { return commit[:min(len(commit), 12)] }
