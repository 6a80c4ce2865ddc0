package repos

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

func identify(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "identify REPOSITORY LOGIN USER", Short: "Say which user somebody of a repository's provider is", Args: cobra.ExactArgs(3), ValidArgsFunction: e.Repositories(),
		Long: "What LOGIN merges, or asks for under a pull request, is asked for by USER: where a stage wants somebody else's\n" +
			"approval, theirs does not count. A login that nobody has named is an identity of its own.",
		Example: "  terrace repo identify orders octocat ada\n  terrace repo identify ledger ada@example.com ada",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			i, err := s.Identify(ctx, project, args[0], args[1], apiclient.IdentifyLoginRequest{User: args[2]})
			if err != nil {
				return err
			}
			return e.Print(i, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s of %s is %s\n", i.Login, args[0], i.User) })
		}),
	}
}

func unidentify(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "unidentify REPOSITORY LOGIN", Short: "Make a login an identity of its own again", Args: cobra.ExactArgs(2), ValidArgsFunction: e.Repositories(),
		Example: "  terrace repo unidentify orders octocat",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if err := s.Unidentify(ctx, project, args[0], args[1]); err != nil {
				return err
			}
			return e.Print(map[string]any{"repository": args[0], "login": args[1], "removed": true}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s of %s is no user any longer\n", args[1], args[0])
			})
		}),
	}
}

func identities(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "identities REPOSITORY", Short: "List who of a repository's provider is which user", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Repositories(),
		Example: "  terrace repo identities orders",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			all, err := s.Identities(ctx, project, args[0])
			return command.PrintFound(e, all, err, []string{"LOGIN", "USER", "BY"}, func(i apiclient.VcsIdentity) []string {
				return []string{i.Login, i.User, i.By}
			})
		}),
	}
}
