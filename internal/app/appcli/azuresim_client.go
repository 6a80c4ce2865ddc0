package appcli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/target/azuresim/azuresimclient"
)

const dataUsage = "the simulator's folder, or that of terraced up, when it is not the default one"

// azureEnvCommand prints what a client of the running simulator needs in its environment.
func azureEnvCommand(s streams) *cobra.Command {
	var folder, format string
	c := &cobra.Command{
		Use: "env", Short: "Print the environment that a client of the running simulator needs", Args: cobra.NoArgs,
		Example: "  eval \"$(terraced azuresim env)\"\n  terraced azuresim env --output json",
		RunE: func(c *cobra.Command, _ []string) error {
			if format != "shell" && format != "json" {
				return usageError{fmt.Errorf("the output %q is neither shell nor json", format)}
			}
			env, err := environment(c.Context(), folder)
			if err != nil {
				return err
			}
			if format == "shell" {
				s.exports(env)
				return nil
			}
			out := json.NewEncoder(s.out)
			out.SetIndent("", "  ")
			return out.Encode(env)
		},
	}
	c.Flags().StringVar(&folder, "data", "", dataUsage)
	c.Flags().StringVarP(&format, "output", "o", "shell", "shell or json")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"shell", "json"}, cobra.ShellCompDirectiveNoFileComp)) // the flag was made above
	return c
}

// environment is that of the clients of a simulator that answers: after a kill its file is left.
func environment(ctx context.Context, folder string) (map[string]string, error) {
	r, err := running(folder)
	if err != nil {
		return nil, err
	}
	client, err := azuresimclient.New(r)
	if err != nil {
		return nil, err
	}
	return r.Env, client.Ping(ctx)
}

// azureTokenCommand prints a token of another issuer, as a CI system hands it to its jobs.
func azureTokenCommand(s streams) *cobra.Command {
	var folder, issuer, subject, audience string
	c := &cobra.Command{
		Use: "token", Short: "Print an OIDC token of any issuer, for federated credentials of the simulator", Args: cobra.NoArgs,
		Long: "Token prints a token that only the simulator believes: it plays the issuer, so that the\n" +
			"sign-in of a CI system through a federated credential can be tried on this machine.",
		Example: "  terraced azuresim token --issuer https://token.actions.githubusercontent.com --subject repo:org/repo:environment:dev",
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := running(folder)
			if err != nil {
				return err
			}
			client, err := azuresimclient.New(r)
			if err != nil {
				return err
			}
			token, err := client.Token(c.Context(), issuer, subject, audience)
			if err != nil {
				return err
			}
			fmt.Fprintln(s.out, token)
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&folder, "data", "", dataUsage)
	f.StringVar(&issuer, "issuer", "", "the issuer to play")
	f.StringVar(&subject, "subject", "", "whom the token is about")
	f.StringVar(&audience, "audience", "api://AzureADTokenExchange", "whom the token is for")
	for _, name := range []string{"issuer", "subject"} {
		_ = c.MarkFlagRequired(name) // the flags are there
	}
	return c
}
