package access

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func upstreams(e *command.Env) *cobra.Command {
	c := command.Group("upstream", "Have people sign in with other OpenID providers, such as Entra ID, and say what they get by what these say of them",
		createUpstream(e), listUpstreams(e), showUpstream(e), setUpstream(e), deleteUpstream(e), checkUpstream(e),
		upstreamRules(e), testUpstream(e), upstreamLinks(e), unlinkUpstream(e))
	c.Aliases = []string{"upstreams"}
	return c
}

// noLimit is what clears a list of what is allowed.
const noLimit = "any"

const maxClientSecret = 2 << 10

// upstreamFlags are what is said of an upstream, by flags that were given.
type upstreamFlags struct {
	label, client, secretFile, name, email, graph string
	newUsers                                      apiclient.UpstreamNewUsers
	overage                                       apiclient.UpstreamOverage
	scopes, subject, domains, tenants, factors    []string
	ownAccounts, byEmail                          bool
	userInfo, signOut, enabled                    bool
	order                                         int64
}

func (f *upstreamFlags) add(c *cobra.Command) {
	s := c.Flags()
	s.StringVar(&f.label, "label", "", "what is on its button, Sign in with …; its name unless given")
	s.StringVar(&f.client, "client-id", "", "what it calls Terrace")
	s.StringVar(&f.secretFile, "secret-file", "", "a file with the secret of the client, or with a reference to it such as ${secret:shop/prod/entra}; - for the input")
	s.StringSliceVar(&f.scopes, "scopes", nil, "what is asked for; openid, profile and email unless given")
	s.StringSliceVar(&f.subject, "subject", nil, "the claims that tell accounts apart, none that people can change; iss and sub unless given")
	s.StringVar(&f.name, "name-claim", "", "the claim with somebody's name; preferred_username unless given")
	s.StringVar(&f.email, "email-claim", "", "the claim with somebody's address; email unless given")
	command.Choice(c, &f.newUsers, "new-users", "refuse", "what happens to somebody whom nobody here knows", "refuse", "disabled", "active")
	s.StringSliceVar(&f.domains, "email-domains", nil, "domains that addresses must be of, verified; any for no limit")
	s.StringSliceVar(&f.tenants, "entra-tenants", nil, "tenants of Entra ID that accounts must be of, by their ids; any for no limit")
	s.BoolVar(&f.ownAccounts, "own-accounts", false, "all accounts there are those of your people, since nobody can sign up by themselves")
	s.BoolVar(&f.byEmail, "link-by-email", false, "an account becomes that of the user whose name is before the @ of its verified address")
	s.BoolVar(&f.userInfo, "userinfo", false, "ask the userinfo endpoint for all claims; without it, only for a name or an address that is not in the ID token")
	s.StringSliceVar(&f.factors, "two-factors", nil, "what it says of who has proven two factors, acr=VALUE or amr=VALUE; amr=mfa unless given")
	command.Choice(c, &f.overage, "overage", "refuse", "how groups are asked for that did not fit into a token of Entra ID", "refuse", "user", "client")
	s.StringVar(&f.graph, "graph", "", "where Microsoft Graph is; https://graph.microsoft.com unless given")
	s.BoolVar(&f.signOut, "sign-out", false, "who signs out here is signed out there, too")
	s.BoolVar(&f.enabled, "enabled", true, "people can sign in with it")
	command.Number(c, &f.order, "order", 0, "where its button is: the lowest first", 0, 1000)
}

// given returns a value whose flag was given, else nil.
func given[T any](c *cobra.Command, flag string, value T) *T {
	if !c.Flags().Changed(flag) {
		return nil
	}
	return &value
}

func limitsOf(words []string) []string {
	if len(words) == 1 && words[0] == noLimit {
		return []string{}
	}
	return words
}

func (f *upstreamFlags) settings(e *command.Env, c *cobra.Command) (apiclient.UpstreamSettings, error) {
	out := apiclient.UpstreamSettings{
		Label: given(c, "label", f.label), ClientID: given(c, "client-id", f.client), Scopes: given(c, "scopes", f.scopes), Subject: given(c, "subject", f.subject),
		NameClaim: given(c, "name-claim", f.name), EmailClaim: given(c, "email-claim", f.email), NewUsers: given(c, "new-users", f.newUsers),
		EmailDomains: given(c, "email-domains", limitsOf(f.domains)), EntraTenants: given(c, "entra-tenants", limitsOf(f.tenants)),
		OwnAccounts: given(c, "own-accounts", f.ownAccounts), LinkByEmail: given(c, "link-by-email", f.byEmail), UserInfo: given(c, "userinfo", f.userInfo), TwoFactors: given(c, "two-factors", f.factors), Overage: given(c, "overage", f.overage),
		Graph: given(c, "graph", f.graph), SignOut: given(c, "sign-out", f.signOut), Enabled: given(c, "enabled", f.enabled), Order: given(c, "order", f.order),
	}
	if f.secretFile == "" {
		return out, nil
	}
	raw, err := e.ReadSource(f.secretFile, maxClientSecret)
	if err != nil {
		return out, err
	}
	secret := strings.TrimSpace(string(raw))
	out.ClientSecret = &secret
	return out, nil
}

const upstreamHelp = "Accounts are told apart by the claims of --subject: iss and sub, or tid and oid of Entra ID. Somebody whom nobody here\n" +
	"knows is refused unless --new-users says otherwise, and links the account at /sign-in/links of the server after they\n" +
	"have signed in with their user. --link-by-email trusts the provider to say whose addresses are whose."

func createUpstream(e *command.Env) *cobra.Command {
	var f upstreamFlags
	var issuer string
	c := &cobra.Command{
		Use: "create NAME", Short: "Have people of the tenant sign in with another OpenID provider", Args: cobra.ExactArgs(1),
		Long: upstreamHelp + "\nThe provider has to know the address to come back to that is shown. It stays for the name: neither can be changed.",
		Example: "  terrace auth upstream create entra --issuer https://login.microsoftonline.com/TENANT-ID/v2.0 --client-id CLIENT-ID --secret-file secret.txt --subject tid,oid --entra-tenants TENANT-ID --new-users active --overage user --label \"Entra ID\"\n" +
			"  terrace auth upstream create keycloak --issuer https://sso.example.com/realms/corp --client-id platform --secret-file client-secret --email-domains example.com",
	}
	c.RunE = e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
		in, err := f.settings(e, c)
		if err != nil {
			return err
		}
		u, err := s.CreateUpstream(ctx, newUpstream(args[0], issuer, in))
		if err != nil {
			return err
		}
		return e.Print(u, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "people sign in with %s by the button Sign in with %s\nit has to know this address to come back to:\n%s\n", u.Name, u.Label, u.RedirectURI)
		})
	})
	f.add(c)
	c.Flags().StringVar(&issuer, "issuer", "", "the address under which it says what it is, to the letter")
	_ = c.MarkFlagRequired("issuer")    // the flag was made above
	_ = c.MarkFlagRequired("client-id") // the flag was made above
	return c
}

func newUpstream(name, issuer string, in apiclient.UpstreamSettings) apiclient.NewUpstream {
	return apiclient.NewUpstream{
		Name: name, Issuer: issuer, Label: in.Label, ClientID: in.ClientID, ClientSecret: in.ClientSecret, Scopes: in.Scopes, Subject: in.Subject,
		NameClaim: in.NameClaim, EmailClaim: in.EmailClaim, NewUsers: in.NewUsers, EmailDomains: in.EmailDomains, EntraTenants: in.EntraTenants,
		OwnAccounts: in.OwnAccounts, LinkByEmail: in.LinkByEmail, UserInfo: in.UserInfo, TwoFactors: in.TwoFactors, Overage: in.Overage, Graph: in.Graph, SignOut: in.SignOut, Enabled: in.Enabled, Order: in.Order,
	}
}

func setUpstream(e *command.Env) *cobra.Command {
	var f upstreamFlags
	c := &cobra.Command{
		Use: "set NAME", Short: "Change one of them", Args: cobra.ExactArgs(1),
		Long: upstreamHelp + "\nWhat no flag names stays.",
		Example: "  terrace auth upstream set entra --secret-file new-secret.txt\n  terrace auth upstream set entra --enabled=false\n" +
			"  terrace auth upstream set entra --email-domains any",
	}
	c.RunE = e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
		if c.Flags().NFlag() == 0 {
			return exit.Wrong("no flag says what is to be changed").WithFix("see terrace auth upstream set --help")
		}
		in, err := f.settings(e, c)
		if err != nil {
			return err
		}
		u, err := s.UpdateUpstream(ctx, args[0], in)
		if err != nil {
			return err
		}
		return e.Print(u, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is changed\n", u.Name) })
	})
	f.add(c)
	return c
}

func deleteUpstream(e *command.Env) *cobra.Command {
	var yes bool
	var in apiclient.DeleteUpstreamParams
	c := &cobra.Command{
		Use: "delete NAME", Short: "Have nobody sign in with it any more", Args: cobra.ExactArgs(1),
		Long:    "All sessions end that came by it, and the groups and roles that its rules gave. Where it has made users who sign in in\nno other way, --users says what becomes of them.",
		Example: "  terrace auth upstream delete entra --yes\n  terrace auth upstream delete entra --users delete",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if err := e.Confirm(yes, fmt.Sprintf("Have nobody sign in with %s any more, and end its sessions?", args[0])); err != nil {
				return err
			}
			return done(e, s.DeleteUpstream(ctx, args[0], in), "deleted", args[0], "%s is removed, and its sessions have ended\n", args[0])
		}),
	}
	command.Choice(c, &in.Users, "users", "", "what becomes of users whom it has made, and who sign in in no other way", "keep", "disable", "delete")
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func checkUpstream(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "check NAME", Short: "See what is wrong with its configuration", Args: cobra.ExactArgs(1),
		Long:    "The server asks the provider for its configuration and its keys, and whether it knows the client and the address to\ncome back to. Nobody is signed in. The command fails where something is broken.",
		Example: "  terrace auth upstream check entra",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			found, err := s.CheckUpstream(ctx, args[0])
			err = command.PrintFound(e, found, err, []string{"PART", "OUTCOME", "WHAT", "WHAT TO DO"}, func(f apiclient.UpstreamFinding) []string {
				return []string{f.Part, string(f.Outcome), f.Message, f.Fix}
			})
			for _, f := range found {
				if err == nil && f.Outcome == "broken" {
					return kernel.Errorf(kernel.Refused, "%s cannot be used as it is: see %s above", args[0], f.Part).WithFix("do what is said there")
				}
			}
			return err
		}),
	}
}
