package repos

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

func connect(e *command.Env) *cobra.Command {
	var in apiclient.ConnectRepositoryRequest
	c := &cobra.Command{
		Use: "connect PROVIDER OWNER/REPOSITORY", Short: "Connect a repository on GitHub or Azure DevOps", Args: cobra.ExactArgs(2),
		Long: "PROVIDER is github or azuredevops. The token is read from TERRACE_REPO_TOKEN, from the terminal or from the input; it is sealed and never\n" +
			"shown. It may read the code, and write commit statuses and comments. The answer has the address and the\n" +
			"secret for the provider's webhooks, this once. On Azure DevOps the owner is ORGANIZATION/PROJECT.",
		Example: "  terrace repo connect github acme/orders\n" +
			"  terrace repo connect azuredevops acme/shop/orders --name orders\n" +
			"  terrace repo connect github acme/orders --api https://github.example.com/api/v3",
		RunE: func(c *cobra.Command, args []string) error {
			in.Provider = apiclient.VcsProvider(args[0])
			at := strings.LastIndex(args[1], "/")
			in.Owner, in.Repository = args[1][:max(at, 0)], args[1][at+1:]
			if in.Name == "" {
				in.Name = strings.ToLower(in.Repository)
			}
			s, project, err := e.Project(c.Context())
			if err != nil {
				return err
			}
			if in.Token, err = e.Secret("TERRACE_REPO_TOKEN", "Token"); err != nil {
				return err
			}
			r, err := s.ConnectRepository(c.Context(), project, in)
			if err != nil {
				return err
			}
			return e.Print(r, func(w io.Writer) { writeConnected(w, r, in.WebhookSecret) })
		},
	}
	command.ChoiceArgument(c, 0, "github", "azuredevops")
	c.Flags().StringVar(&in.Name, "name", "", "what it is called here; its own name by default")
	c.Flags().StringVar(&in.API, "api", "", "the address of the provider's API; its public one by default")
	c.Flags().StringVar(&in.Branch, "branch", "", "the default branch; the provider's by default")
	c.Flags().StringVar(&in.WebhookSecret, "webhook-secret", "", "a reference to the secret that webhooks are signed with, such as ${secret:prod/orders-hook}; one is made unless given")
	c.Flags().StringVar(&in.Username, "username", "", "the name that goes with the token, where the provider wants one")
	return c
}

// writeConnected tells where webhooks are sent to, and what they are signed with: a secret
// that was made, or the one that the reference is to.
func writeConnected(w io.Writer, r apiclient.ConnectedRepository, reference string) {
	_, _ = fmt.Fprintf(w, "%s is connected, with %s as its default branch.\n", r.Repository.Name, r.Repository.DefaultBranch)
	if reference != "" {
		_, _ = fmt.Fprintf(w, "Add a webhook to %s, signed with what %s means.\n", r.Repository.HookURL, reference)
	}
	if r.Secret == "" {
		return
	}
	events := "pushes, pull requests and issue comments, as application/json"
	where := "secret"
	if r.Repository.Provider == "azuredevops" {
		events, where = "Code pushed, Pull request created, updated, merge attempted, and commented on", "basic authentication password (any user name)"
	}
	_, _ = fmt.Fprintf(w, "Add a webhook for %s:\n  address  %s\n  %s  %s\nThe secret is not shown again; terrace repo renew %s makes another.\n",
		events, r.Repository.HookURL, where, r.Secret, r.Repository.Name)
}

func renew(e *command.Env) *cobra.Command {
	var token bool
	var in apiclient.RenewRepositoryRequest
	c := &cobra.Command{
		Use: "renew NAME", Short: "Give a connected repository another webhook secret, or another token", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Repositories(),
		Example: "  terrace repo renew orders\n  terrace repo renew orders --token-only < token.txt\n  terrace repo renew orders --webhook-secret '${secret:prod/orders-hook}'",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if token {
				var err error
				if in.Token, err = e.Secret("TERRACE_REPO_TOKEN", "Token"); err != nil {
					return err
				}
			}
			r, err := s.RenewRepository(ctx, project, args[0], in)
			if err != nil {
				return err
			}
			return e.Print(r, func(w io.Writer) { writeConnected(w, r, in.WebhookSecret) })
		}),
	}
	c.Flags().StringVar(&in.WebhookSecret, "webhook-secret", "", "a reference to the secret that webhooks are signed with, such as ${secret:prod/orders-hook}; one is made unless given")
	c.Flags().BoolVar(&token, "token-only", false, "replace the token, from TERRACE_REPO_TOKEN, the terminal or the input; the secret stays")
	c.MarkFlagsMutuallyExclusive("token-only", "webhook-secret")
	return c
}
