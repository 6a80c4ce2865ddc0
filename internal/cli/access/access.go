// Package access has the commands about who may do what: terrace user,
// token, project, member and audit.
//
// It owns their flags and tables. Rights are decided by the server.
package access

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// Commands returns terrace user, token, project and member.
func Commands(e *command.Env) []*cobra.Command {
	return []*cobra.Command{
		command.Group("user", "Create users and see them", createUser(e), listUsers(e)),
		command.Group("token", "Make personal tokens for programs", createToken(e)),
		command.Group("project", "Create projects and see them", createProject(e), listProjects(e)),
		command.Group("member", "Give users a role in a project", setMember(e)),
	}
}

func createUser(e *command.Env) *cobra.Command {
	var role string
	c := &cobra.Command{
		Use: "create NAME", Short: "Create a user who can sign in", Args: cobra.ExactArgs(1),
		Long:    "The password is read from the terminal, from TERRACE_NEW_PASSWORD or from the first line of the input.",
		Example: "  terrace user create ada --role viewer\n  echo \"$PASSWORD\" | terrace user create ada",
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.Server()
			if err != nil {
				return err
			}
			password, err := e.Secret("TERRACE_NEW_PASSWORD", "Password of the new user")
			if err != nil {
				return err
			}
			u, err := s.CreateUser(c.Context(), args[0], password, role)
			if err != nil {
				return err
			}
			return e.Print(u, func(w io.Writer) { _, _ = fmt.Fprintf(w, "user %s is created\n", u.Name) })
		},
	}
	c.Flags().StringVar(&role, "role", "", "a role in the whole tenant; none by default, see terrace member set")
	return c
}

func listUsers(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the users", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace user list",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.Server()
			if err != nil {
				return err
			}
			users, err := s.Users(c.Context())
			if err != nil {
				return err
			}
			return e.Print(users, func(w io.Writer) {
				rows := make([][]string, 0, len(users))
				for _, u := range users {
					rows = append(rows, []string{u.Name, u.ID, output.Age(e.Clock.Now(), u.CreatedAt)})
				}
				output.Rows(w, []string{"USER", "ID", "AGE"}, rows)
			})
		},
	}
}

func createToken(e *command.Env) *cobra.Command {
	var user, name string
	var days int
	c := &cobra.Command{
		Use: "create", Short: "Make a personal token; it is shown this once", Args: cobra.NoArgs,
		Example: "  terrace token create --name ci --days 90\n  terrace token create --user ada --name laptop",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.Server()
			if err != nil {
				return err
			}
			if user == "" {
				me, err := s.Me(c.Context())
				if err != nil {
					return err
				}
				user = me.Name
			}
			t, err := s.CreateToken(c.Context(), user, name, days)
			if err != nil {
				return err
			}
			return e.Print(t, func(w io.Writer) { _, _ = fmt.Fprintln(w, t.Token) })
		},
	}
	c.Flags().StringVar(&user, "user", "", "whose token; your own by default")
	c.Flags().StringVar(&name, "name", "cli", "what the token is for")
	c.Flags().IntVar(&days, "days", 0, "how many days it is good for; the server's default if 0")
	return c
}

func createProject(e *command.Env) *cobra.Command {
	var p apiclient.Project
	c := &cobra.Command{
		Use: "create NAME", Short: "Create a project", Args: cobra.ExactArgs(1),
		Example: "  terrace project create shop --costcenter 4711 --owner team-shop",
		RunE: func(c *cobra.Command, args []string) error {
			p.Name = args[0]
			s, err := e.Server()
			if err != nil {
				return err
			}
			done, err := s.CreateProject(c.Context(), p)
			if err != nil {
				return err
			}
			return e.Print(done, func(w io.Writer) { _, _ = fmt.Fprintf(w, "project %s is created\n", done.Name) })
		},
	}
	c.Flags().StringVar(&p.CostCenter, "costcenter", "", "who pays for what the project uses")
	c.Flags().StringVar(&p.Owner, "owner", "", "the team that answers for it")
	_ = c.MarkFlagRequired("costcenter") // both flags were made above
	_ = c.MarkFlagRequired("owner")
	return c
}

func listProjects(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the projects that you can see", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace project list",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.Server()
			if err != nil {
				return err
			}
			projects, err := s.Projects(c.Context())
			if err != nil {
				return err
			}
			return e.Print(projects, func(w io.Writer) {
				rows := make([][]string, 0, len(projects))
				for _, p := range projects {
					rows = append(rows, []string{p.Name, p.CostCenter, p.Owner, output.Age(e.Clock.Now(), p.CreatedAt)})
				}
				output.Rows(w, []string{"PROJECT", "COST CENTRE", "OWNER", "AGE"}, rows)
			})
		},
	}
}

func setMember(e *command.Env) *cobra.Command {
	c := &cobra.Command{
		Use: "set USER ROLE", Short: "Give a user a role in a project: viewer, developer, approver, admin, or none",
		Example: "  terrace member set ada approver --project shop\n  terrace member set ada none --project shop",
		Args:    cobra.ExactArgs(2), ValidArgsFunction: completeRole,
		RunE: func(c *cobra.Command, args []string) error {
			s, project, err := e.Project(c.Context())
			if err != nil {
				return err
			}
			if err := s.SetMember(c.Context(), project, args[0], args[1]); err != nil {
				return err
			}
			result := map[string]string{"user": args[0], "project": project, "role": args[1]}
			return e.Print(result, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is %s in %s\n", args[0], args[1], project) })
		},
	}
	return c
}

func completeRole(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) != 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []string{"viewer", "developer", "approver", "admin", "none"}, cobra.ShellCompDirectiveNoFileComp
}
