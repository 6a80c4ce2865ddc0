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

func createUser(e *command.Env) *cobra.Command {
	var role string
	var theirs bool
	c := &cobra.Command{
		Use: "create NAME", Short: "Create a user who can sign in", Args: cobra.ExactArgs(1),
		Long: "The password is read from the terminal, from TERRACE_NEW_PASSWORD or from the first line of the input.\n" +
			"Its user chooses another when they sign in, since you know it, unless it is theirs already.",
		Example: "  terrace user create ada --role viewer\n  echo \"$PASSWORD\" | terrace user create ada",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			password, err := e.Secret("TERRACE_NEW_PASSWORD", "Password of the new user")
			if err != nil {
				return err
			}
			u, err := s.CreateUser(ctx, apiclient.CreateUserRequest{Name: args[0], Password: password, Role: apiclient.IdentityRole(role), Theirs: theirs})
			if err != nil {
				return err
			}
			return e.Print(u, func(w io.Writer) { _, _ = fmt.Fprintf(w, "user %s is created\n", u.Name) })
		}),
	}
	command.Choice(c, &role, "role", "", "a role in the whole tenant, none unless given, see terrace access grant", roles()...)
	theirsFlag(c, &theirs)
	return c
}

// theirsFlag says whose a password is.
func theirsFlag(c *cobra.Command, theirs *bool) {
	c.Flags().BoolVar(theirs, "theirs", false, "the user has chosen the password, and keeps it")
}

func listUsers(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the users", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace user list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			users, err := s.Users(ctx)
			return command.PrintFound(e, users, err, []string{"USER", "ID", "AGE", "STATE"}, func(u apiclient.User) []string {
				state := "active"
				if u.DisabledAt != nil {
					state = "disabled"
				}
				return []string{u.Name, u.ID, output.Age(e.Clock.Now(), u.CreatedAt), state}
			})
		}),
	}
}

func deleteUser(e *command.Env) *cobra.Command {
	var yes bool
	var in apiclient.DeleteUserParams
	c := &cobra.Command{
		Use: "delete NAME", Short: "Remove a user with all that lets them in", Args: cobra.ExactArgs(1),
		Long: "Their roles, groups, tokens and factors go, and everything that they are signed in to ends. What they have done stays\n" +
			"in the audit log under their id. To keep somebody out for a while there is terrace user disable.",
		Example: "  terrace user delete ada --reason \"left the company\" --yes\n  terrace user delete ada --accounts-to grace",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if err := e.Confirm(yes, fmt.Sprintf("Remove the user %s with their roles, tokens and factors?", args[0])); err != nil {
				return err
			}
			return done(e, s.DeleteUser(ctx, args[0], in), "deleted", args[0], "user %s is removed\n", args[0])
		}),
	}
	c.Flags().StringVar(&in.AccountsTo, "accounts-to", "", "who answers for their service accounts from now on")
	c.Flags().StringVar(&in.Reason, "reason", "", "why, for the audit log")
	_ = c.RegisterFlagCompletionFunc("accounts-to", e.Users()) // the flag was made above
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}
