package access

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func createToken(e *command.Env) *cobra.Command {
	var user string
	var in apiclient.CreateTokenRequest
	c := &cobra.Command{
		Use: "create", Short: "Make a personal token; it is shown this once", Args: cobra.NoArgs,
		Example: "  terrace token create --name ci --days 90\n  terrace token create --user ada --name laptop",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			if user == "" {
				me, err := s.Me(ctx)
				if err != nil {
					return err
				}
				user = me.Name
			}
			t, err := s.CreateToken(ctx, user, in)
			if err != nil {
				return err
			}
			return e.Print(t, func(w io.Writer) { _, _ = fmt.Fprintln(w, t.Token) })
		}),
	}
	c.Flags().StringVar(&user, "user", "", "whose token; your own by default")
	c.Flags().StringVar(&in.Name, "name", "cli", "what the token is for")
	command.Number(c, &in.ExpiresInDays, "days", 0, "how many days it is good for, the server's default unless given", 1, 366)
	return c
}

func listTokens(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List your own tokens", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace token list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			tokens, err := s.Tokens(ctx)
			if err != nil {
				return err
			}
			return e.Print(tokens, func(w io.Writer) { writeTokens(w, e, tokens) })
		}),
	}
}

func writeTokens(w io.Writer, e *command.Env, tokens []apiclient.Token) {
	rows := make([][]string, 0, len(tokens))
	for _, t := range tokens {
		expires, used := "never", "never"
		if t.ExpiresAt != nil {
			expires = output.Stamp(*t.ExpiresAt)
		}
		if t.LastUsedAt != nil {
			used = output.Age(e.Clock.Now(), *t.LastUsedAt) + " ago"
		}
		rows = append(rows, []string{t.ID, t.Name, output.Age(e.Clock.Now(), t.CreatedAt), expires, used})
	}
	output.Rows(w, []string{"TOKEN", "NAME", "AGE", "EXPIRES", "USED"}, rows)
}

func revokeToken(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "revoke TOKEN", Short: "End one of your own tokens, by its id", Args: cobra.ExactArgs(1),
		Example: "  terrace token revoke tok_…",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if err := s.RevokeToken(ctx, args[0]); err != nil {
				return err
			}
			return e.Print(map[string]string{"revoked": args[0]}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "token %s is ended\n", args[0]) })
		}),
	}
}
