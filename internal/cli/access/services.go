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

func createService(e *command.Env) *cobra.Command {
	var in apiclient.CreateServiceAccountRequest
	var tenant bool
	c := &cobra.Command{
		Use: "create NAME", Short: "Add a service account, for a program: it has tokens and no password", Args: cobra.ExactArgs(1),
		Long:    "One of a project gets roles in that project alone, and the project's admins look after it. Its owner makes its tokens, too.",
		Example: "  terrace service-account create ci --project shop --owner ada\n  terrace access grant service:ci developer --project shop\n  terrace token create --service-account ci --name pipeline",
		RunE: e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
			in.Name, in.Project = args[0], project
			a, err := s.CreateServiceAccount(ctx, in)
			if err != nil {
				return err
			}
			return e.Print(a, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "service account %s of %s is created, owned by %s\nits client id is %s\n", a.Name, placeOf(a.Project), a.Owner, a.ID)
			})
		}),
	}
	c.Flags().BoolVar(&tenant, "tenant", false, "of the whole tenant, not of the project")
	c.Flags().StringVar(&in.Owner, "owner", "", "the user who answers for it; you unless given")
	_ = c.RegisterFlagCompletionFunc("owner", e.Users()) // the flag was made above
	c.Flags().StringVar(&in.About, "about", "", "what it is for")
	return c
}

// placeOf says where an account is, or a role holds.
func placeOf(project string) string {
	if project == "" {
		return "the whole tenant"
	}
	return "the project " + project
}

func listServices(e *command.Env) *cobra.Command {
	var tenant bool
	c := &cobra.Command{
		Use: "list", Short: "List the service accounts of the project", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace service-account list --project shop\n  terrace service-account list --tenant",
		RunE: e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
			accounts, err := s.ServiceAccounts(ctx, apiclient.ListServiceAccountsParams{Project: project})
			return command.PrintFound(e, accounts, err, []string{"NAME", "CLIENT ID", "PROJECT", "OWNER", "AGE", "USED", "STATE"}, func(a apiclient.ServiceAccount) []string {
				used, state := "never", "active"
				if a.LastUsedAt != nil {
					used = output.Age(e.Clock.Now(), *a.LastUsedAt) + " ago"
				}
				if a.DisabledAt != nil {
					state = "disabled"
				}
				return []string{a.Name, a.ID, a.Project, a.Owner, output.Age(e.Clock.Now(), a.CreatedAt), used, state}
			})
		}),
	}
	c.Flags().BoolVar(&tenant, "tenant", false, "all of the tenant, not those of the project")
	return c
}

func disableService(e *command.Env) *cobra.Command {
	return turn[apiclient.ServiceAccount]{
		short: "Keep a service account out: its tokens are refused at once", example: "  terrace service-account disable ci",
		what: "service account", off: true, set: command.Server.SetServiceAccountDisabled,
	}.command(e)
}

func enableService(e *command.Env) *cobra.Command {
	return turn[apiclient.ServiceAccount]{
		short: "Let a disabled service account in again", example: "  terrace service-account enable ci",
		what: "service account", set: command.Server.SetServiceAccountDisabled,
	}.command(e)
}

func deleteService(e *command.Env) *cobra.Command {
	return removal{
		use: "delete NAME", short: "Remove a service account with its tokens and roles", example: "  terrace service-account delete ci --yes",
		what: "service account", with: "its tokens and roles", remove: command.Server.DeleteServiceAccount,
	}.command(e)
}
