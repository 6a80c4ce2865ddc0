package access

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func sessions(e *command.Env) *cobra.Command {
	return command.Group("sessions", "See where you are signed in, and end it", listSessions(e), endSession(e))
}

func listSessions(e *command.Env) *cobra.Command {
	var user string
	c := &cobra.Command{
		Use: "list", Short: "List where you are signed in, or where a user is", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Long: "Lists browsers, and the programs that somebody let in there or by a code, such as the command line. What a\n" +
			"program has in the column BROWSER ends with it. A program is used when it gets tokens, which it does each ten minutes.\n" +
			"Tokens that programs were given, and those for a password, are listed by `terrace token list`.",
		Example: "  terrace auth sessions list\n  terrace auth sessions list --user ada --output json",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.SignInSessions(ctx, user)
			head := []string{"SESSION", "KIND", "CLIENT", "SIGNED IN WITH", "ADDRESS", "AGE", "USED", "EXPIRES", "BROWSER", ""}
			return command.PrintFound(e, all, err, head, func(n apiclient.SignInSession) []string {
				current := ""
				if n.Current {
					current = "this one"
				}
				now := e.Clock.Now()
				return []string{
					n.ID, string(n.Kind), n.Client, strings.Join(n.Methods, ","), n.Address, output.Age(now, n.BeganAt), output.Age(now, n.UsedAt) + " ago",
					output.Stamp(n.ExpiresAt), n.Browser, current,
				}
			})
		}),
	}
	ofUser(e, c, &user)
	return c
}

func endSession(e *command.Env) *cobra.Command {
	var user string
	c := &cobra.Command{
		Use: "end SESSION", Short: "End one of your sign-ins, or of a user, by its id", Args: cobra.ExactArgs(1),
		Long: "No token of it holds any more, here at once and on other replicas within a second. With a browser end the\n" +
			"programs that were let in there. `terrace logout` ends the one of the command line itself.",
		Example: "  terrace auth sessions end ses_…\n  terrace auth sessions end sgn_… --user ada",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			return done(e, s.EndSignInSession(ctx, user, args[0]), "ended", args[0], "the session %s is ended\n", args[0])
		}),
	}
	ofUser(e, c, &user)
	return c
}

func ofUser(e *command.Env, c *cobra.Command, user *string) {
	c.Flags().StringVar(user, "user", "", "of this user; of you unless given")
	_ = c.RegisterFlagCompletionFunc("user", e.Users()) // the flag was made above
}
