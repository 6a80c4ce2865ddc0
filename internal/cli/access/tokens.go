package access

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// owned are the flags that say whose token is meant; your own unless given.
type owned struct{ user, service string }

func (o *owned) flags(e *command.Env, c *cobra.Command) {
	c.Flags().StringVar(&o.user, "user", "", "whose token; your own unless given")
	_ = c.RegisterFlagCompletionFunc("user", e.Users()) // the flag was made above
	c.Flags().StringVar(&o.service, "service-account", "", "of this service account, not of a user")
	_ = c.RegisterFlagCompletionFunc("service-account", e.ServiceAccounts()) // the flag was made above
	c.MarkFlagsMutuallyExclusive("user", "service-account")
}

func createToken(e *command.Env) *cobra.Command {
	var of owned
	var in apiclient.CreateTokenRequest
	var limits apiclient.TokenLimits
	c := &cobra.Command{
		Use: "create", Short: "Make a token for a program; it is shown this once", Args: cobra.NoArgs,
		Long: "It may what its owner may. The flags --scope, --only-project and --only-stage narrow that, and what they leave out is what it is good for:\n" +
			"read sees, deploy changes what runs, approve lets others change it, secrets gets at secret values and states, admin is all else.\n" +
			"A library that speaks OAuth takes the token of a service account as the client_secret of client_credentials; the client_id is the\n" +
			"account's id (svc_…, in terrace service-account list), not its name.",
		Example: "  terrace token create --name ci --days 90 --scope read,deploy --only-project shop --only-stage dev,test\n" +
			"  terrace token create --service-account ci --name pipeline\n  terrace token create --user ada --name laptop",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			if len(limits.Scopes)+len(limits.Projects)+len(limits.Stages) > 0 {
				in.Limits = &limits
			}
			t, err := of.create(ctx, s, in)
			if err != nil {
				return err
			}
			return e.Print(t, func(w io.Writer) { _, _ = fmt.Fprintln(w, t.Token) })
		}),
	}
	of.flags(e, c)
	c.Flags().StringVar(&in.Name, "name", "cli", "what the token is for")
	command.Number(c, &in.ExpiresInDays, "days", 0, "how many days it is good for, the server's default unless given", 1, 366)
	command.Choices(c, &limits.Scopes, "scope", "the kinds of action that it is good for, all unless given",
		apiclient.IdentityTokenScopeRead, apiclient.IdentityTokenScopeDeploy, apiclient.IdentityTokenScopeApprove, apiclient.IdentityTokenScopeSecrets, apiclient.IdentityTokenScopeAdmin)
	c.Flags().StringSliceVar(&limits.Projects, "only-project", nil, "the projects that it is good for, all unless given")
	c.Flags().StringSliceVar(&limits.Stages, "only-stage", nil, "the stages that it is good for, all unless given")
	_ = c.RegisterFlagCompletionFunc("only-stage", command.ForFlag(e.Stages())) // the flag was made above
	return c
}

func (o *owned) create(ctx context.Context, s command.Server, in apiclient.CreateTokenRequest) (apiclient.IssuedToken, error) {
	switch {
	case o.service != "":
		return s.CreateServiceAccountToken(ctx, o.service, in)
	case o.user != "":
		return s.CreateToken(ctx, o.user, in)
	default:
		return s.CreateToken(ctx, "me", in)
	}
}

func listTokens(e *command.Env) *cobra.Command {
	var of owned
	c := &cobra.Command{
		Use: "list", Short: "List your own tokens, or those of another", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace token list\n  terrace token list --user ada\n  terrace token list --service-account ci",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			tokens, err := of.list(ctx, s)
			if err != nil {
				return err
			}
			return e.Print(tokens, func(w io.Writer) { writeTokens(w, e, tokens) })
		}),
	}
	of.flags(e, c)
	return c
}

func (o *owned) list(ctx context.Context, s command.Server) ([]apiclient.Token, error) {
	switch {
	case o.service != "":
		return s.ServiceAccountTokens(ctx, o.service)
	case o.user != "":
		return s.UserTokens(ctx, o.user)
	default:
		return s.Tokens(ctx)
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
		rows = append(rows, []string{t.ID, t.Name, narrowed(t.Limits), output.Age(e.Clock.Now(), t.CreatedAt), expires, used})
	}
	output.Rows(w, []string{"TOKEN", "NAME", "GOOD FOR", "AGE", "EXPIRES", "USED"}, rows)
}

// narrowed says what a token is good for.
func narrowed(l *apiclient.TokenLimits) string {
	if l == nil {
		return "all"
	}
	var parts []string
	for _, s := range l.Scopes {
		parts = append(parts, string(s))
	}
	text := strings.Join(parts, ",")
	if text == "" {
		text = "all"
	}
	for _, more := range []struct {
		what  string
		names []string
	}{{"in", l.Projects}, {"on", l.Stages}} {
		if len(more.names) > 0 {
			text += " " + more.what + " " + strings.Join(more.names, ",")
		}
	}
	return text
}

func revokeToken(e *command.Env) *cobra.Command {
	var of owned
	c := &cobra.Command{
		Use: "revoke TOKEN", Short: "End one of your own tokens, or of another, by its id", Args: cobra.ExactArgs(1),
		Example: "  terrace token revoke tok_…\n  terrace token revoke tok_… --user ada",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			return done(e, of.revoke(ctx, s, args[0]), "revoked", args[0], "token %s is ended\n", args[0])
		}),
	}
	of.flags(e, c)
	return c
}

func (o *owned) revoke(ctx context.Context, s command.Server, id string) error {
	switch {
	case o.service != "":
		return s.RevokeServiceAccountToken(ctx, o.service, id)
	case o.user != "":
		return s.RevokeUserToken(ctx, o.user, id)
	default:
		return s.RevokeToken(ctx, id)
	}
}
