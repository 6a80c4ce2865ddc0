package azuresim

import (
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// application is an app registration of the simulated directory.
type application struct {
	Name      string       `json:"name"`
	ClientID  string       `json:"clientId,omitempty"`
	ObjectID  string       `json:"objectId,omitempty"`
	Federated []credential `json:"federated"`
}

type credential struct {
	Issuer    string   `json:"issuer"`
	Subject   string   `json:"subject"`
	Audiences []string `json:"audiences"`
}

func (s *sim) app() *cobra.Command {
	return command.Group("app", "App registrations of the simulated directory", s.addApp(), s.listApps())
}

func (s *sim) addApp() *cobra.Command {
	var issuer, subject, audience string
	c := &cobra.Command{
		Use: "add NAME", Short: "Register an app that signs in by a federated credential", Args: cobra.ExactArgs(1),
		Long: "Add registers an app, or replaces the federated credential of the one with this name. It may\n" +
			"do what role assignments grant to its object id.",
		Example: "  terrace azure-sim app add deploy --issuer https://token.actions.githubusercontent.com --subject repo:org/repo:environment:dev",
		RunE: func(c *cobra.Command, args []string) error {
			client, err := s.client()
			if err != nil {
				return err
			}
			a := application{Name: args[0], Federated: []credential{{issuer, subject, []string{audience}}}}
			if err := client.Post(c.Context(), "apps", a, &a); err != nil {
				return err
			}
			return s.Print(a, func(w io.Writer) { apps(w, []application{a}) })
		},
	}
	c.Flags().StringVar(&issuer, "issuer", "", "the issuer that is trusted")
	c.Flags().StringVar(&subject, "subject", "", "whom its tokens are about")
	c.Flags().StringVar(&audience, "audience", "api://AzureADTokenExchange", "whom its tokens are for")
	for _, name := range []string{"issuer", "subject"} {
		_ = c.MarkFlagRequired(name) // the flags were made above
	}
	return c
}

func (s *sim) listApps() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the apps", Aliases: []string{"ls"}, Args: cobra.NoArgs, Example: "  terrace azure-sim app list",
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := s.client()
			if err != nil {
				return err
			}
			var all []application
			if err := client.Get(c.Context(), "apps", url.Values{}, &all); err != nil {
				return err
			}
			return s.Print(all, func(w io.Writer) { apps(w, all) })
		},
	}
}

func apps(w io.Writer, all []application) {
	output.List(w, all, []string{"NAME", "CLIENT ID", "OBJECT ID", "SUBJECT"}, func(a application) []string {
		subject := ""
		if len(a.Federated) > 0 {
			subject = a.Federated[0].Subject
		}
		return []string{a.Name, a.ClientID, a.ObjectID, subject}
	})
}
