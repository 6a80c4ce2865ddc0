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

// grants are those of OAuth by the words of the command line.
func grants() map[string]string {
	return map[string]string{
		"code": "authorization_code", "refresh": "refresh_token",
		"device": "urn:ietf:params:oauth:grant-type:device_code", "exchange": "urn:ietf:params:oauth:grant-type:token-exchange",
	}
}

func grantWords() []string {
	return []string{"code", "refresh", "device", "exchange"}
}

func clients(e *command.Env) *cobra.Command {
	return command.Group("clients", "Register programs that may ask people to sign in with Terrace, see and remove them",
		createClient(e), listClients(e), showClient(e), rotateClientSecret(e), deleteClient(e))
}

func createClient(e *command.Env) *cobra.Command {
	var in apiclient.CreateOauthClientRequest
	var words []string
	var algorithm string
	c := &cobra.Command{
		Use: "create NAME", Short: "Register a program that may ask people to sign in", Args: cobra.ExactArgs(1),
		Long: "Registers a client of OpenID Connect in the tenant. A client that runs on a server keeps a secret, which is\n" +
			"shown this once; one that runs on people's machines is --public and has none. Clients find everything else at\n" +
			"the server's address, below /.well-known/openid-configuration.",
		Example: "  terrace auth clients create grafana --redirect https://grafana.example.com/login/generic_oauth --scopes openid,profile,groups\n" +
			"  terrace auth clients create desktop --public --redirect http://127.0.0.1/callback\n" +
			"  terrace auth clients create old --redirect https://old.example.com/cb --algorithm RS256",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			in.Name, in.Algorithm = args[0], apiclient.CreateOauthClientRequestAlgorithm(algorithm)
			for _, word := range words {
				in.Grants = append(in.Grants, grants()[word])
			}
			issued, err := s.CreateOAuthClient(ctx, in)
			if err != nil {
				return err
			}
			return e.Print(issued, func(w io.Writer) { writeIssued(w, issued) })
		}),
	}
	f := c.Flags()
	f.BoolVar(&in.Public, "public", false, "it keeps no secret: it runs on people's machines")
	f.StringArrayVar(&in.RedirectUris, "redirect", nil, "an address that people come back to, to the letter; may be given again")
	f.StringArrayVar(&in.LogoutRedirectUris, "logout-redirect", nil, "an address that people come back to after they signed out; may be given again")
	f.StringVar(&in.BackchannelLogoutURI, "backchannel-logout", "", "an address at which it is told that somebody was signed out")
	f.StringArrayVar(&in.Audiences, "audience", nil, "whom its tokens may be for beside Terrace, a URI; may be given again")
	command.Choices(c, &words, "grants", "how it gets tokens, code and refresh unless given", grantWords()...)
	command.Choices(c, &in.Scopes, "scopes", "what it may ask for; openid, profile and offline_access unless given",
		"openid", "profile", "offline_access", "groups", "read", "deploy", "approve", "secrets", "admin")
	command.Choice(c, &algorithm, "algorithm", "ES256", "what signs its ID tokens", "ES256", "RS256")
	return c
}

func writeIssued(w io.Writer, issued apiclient.IssuedOAuthClient) {
	_, _ = fmt.Fprintf(w, "the client %s is %s\n", issued.Client.Name, issued.Client.ID)
	if issued.Secret != "" {
		_, _ = fmt.Fprintf(w, "its secret, which is shown this once:\n%s\n", issued.Secret)
	}
}

func listClients(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the clients", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace auth clients list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.OAuthClients(ctx)
			return command.PrintFound(e, all, err, []string{"CLIENT", "ID", "KIND", "SCOPES", "AGE"}, func(c apiclient.OAuthClient) []string {
				return []string{c.Name, c.ID, kindOf(c), strings.Join(c.Scopes, ","), output.Age(e.Clock.Now(), c.CreatedAt)}
			})
		}),
	}
}

func kindOf(c apiclient.OAuthClient) string {
	if c.Public {
		return "public"
	}
	return "confidential"
}

func showClient(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "show CLIENT", Short: "Show a client, by its name or id", Args: cobra.ExactArgs(1),
		Example: "  terrace auth clients show Grafana\n  terrace auth clients show cli_…",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			c, err := s.OAuthClient(ctx, args[0])
			if err != nil {
				return err
			}
			return e.Print(c, func(w io.Writer) {
				output.Rows(w, nil, [][]string{
					{"name", c.Name},
					{"id", c.ID},
					{"kind", kindOf(c)},
					{"redirects", strings.Join(c.RedirectUris, " ")},
					{"logout redirects", strings.Join(c.LogoutRedirectUris, " ")},
					{"grants", strings.Join(c.Grants, " ")},
					{"scopes", strings.Join(c.Scopes, " ")},
					{"audiences", strings.Join(c.Audiences, " ")},
					{"algorithm", c.Algorithm},
					{"created", output.Stamp(c.CreatedAt)},
				})
			})
		}),
	}
}

func rotateClientSecret(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "rotate-secret CLIENT", Short: "Give a client another secret; the one before is refused at once", Args: cobra.ExactArgs(1),
		Example: "  terrace auth clients rotate-secret Grafana\n  terrace auth clients rotate-secret cli_…",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			issued, err := s.RotateOAuthClientSecret(ctx, args[0])
			if err != nil {
				return err
			}
			return e.Print(issued, func(w io.Writer) { writeIssued(w, issued) })
		}),
	}
}

func deleteClient(e *command.Env) *cobra.Command {
	return removal{
		use: "delete CLIENT", short: "Remove a client, by its name or id; all its sessions end", example: "  terrace auth clients delete Grafana --yes",
		what: "client", with: "everybody's sessions of it", remove: command.Server.DeleteOAuthClient,
	}.command(e)
}
