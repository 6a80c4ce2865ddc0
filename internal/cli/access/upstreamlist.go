package access

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func listUpstreams(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the other providers that people sign in with", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace auth upstream list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.Upstreams(ctx)
			return command.PrintFound(e, all, err, []string{"UPSTREAM", "LABEL", "ISSUER", "NEW USERS", "RULES", "ENABLED"}, func(u apiclient.Upstream) []string {
				return []string{u.Name, u.Label, u.Issuer, string(u.NewUsers), strconv.Itoa(len(u.Rules)), yesNo(u.Enabled)}
			})
		}),
	}
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func limitText(words []string) string {
	if len(words) == 0 {
		return noLimit
	}
	return strings.Join(words, " ")
}

func factorText(words []string) string {
	if len(words) == 0 {
		return "amr=mfa"
	}
	return strings.Join(words, " ")
}

func showUpstream(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show one of them", Args: cobra.ExactArgs(1),
		Example: "  terrace auth upstream show entra",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			u, err := s.Upstream(ctx, args[0])
			if err != nil {
				return err
			}
			return e.Print(u, func(w io.Writer) { writeUpstream(w, u) })
		}),
	}
}

func writeUpstream(w io.Writer, u apiclient.Upstream) {
	output.Rows(w, nil, [][]string{
		{"name", u.Name},
		{"label", u.Label},
		{"enabled", yesNo(u.Enabled)},
		{"order", strconv.FormatInt(u.Order, 10)},
		{"issuer", u.Issuer},
		{"client id", u.ClientID},
		{"client secret", clientSecret(u)},
		{"comes back to", u.RedirectURI},
		{"signed out to", u.SignedOutURI},
		{"back-channel logout", u.LogoutURI},
		{"scopes", strings.Join(u.Scopes, " ")},
		{"subject", strings.Join(u.Subject, " ")},
		{"name claim", u.NameClaim},
		{"email claim", u.EmailClaim},
		{"new users", string(u.NewUsers)},
		{"own accounts", yesNo(u.OwnAccounts)},
		{"link by email", yesNo(u.LinkByEmail)},
		{"email domains", limitText(u.EmailDomains)},
		{"entra tenants", limitText(u.EntraTenants)},
		{"userinfo", yesNo(u.UserInfo)},
		{"two factors", factorText(u.TwoFactors)},
		{"overage", string(u.Overage)},
		{"graph", u.Graph},
		{"signs out there", yesNo(u.SignOut)},
		{"rules", strconv.Itoa(len(u.Rules))},
		{"created", output.Stamp(u.CreatedAt)},
	})
}

// clientSecret says where the secret of the client is.
func clientSecret(u apiclient.Upstream) string {
	switch {
	case u.SecretReference != nil:
		return u.SecretReference.Reference + ", read as " + u.SecretReference.By
	case u.HasSecret:
		return "kept"
	default:
		return "none"
	}
}
