package access

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

func setMember(e *command.Env) *cobra.Command {
	c := &cobra.Command{
		Use: "set USER ROLE", Short: "Give a user a role in a project: viewer, developer, approver, admin, or none",
		Example: "  terrace member set ada approver --project shop\n  terrace member set ada none --project shop",
		Args:    cobra.ExactArgs(2),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if err := s.SetMember(ctx, project, args[0], apiclient.RoleChangeRole(args[1])); err != nil {
				return err
			}
			result := map[string]string{"user": args[0], "project": project, "role": args[1]}
			return e.Print(result, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is %s in %s\n", args[0], args[1], project) })
		}),
	}
	command.ChoiceArgument(c, 1, append(roles(), "none")...)
	return c
}

// roles are those that somebody may have, the least first.
func roles() []string { return []string{"viewer", "developer", "approver", "admin"} }

func listMembers(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List who has a role in a project", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace member list --project shop",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			members, err := s.Members(ctx, project)
			return command.PrintFound(e, members, err, []string{"USER", "ROLE", "IN"}, func(m apiclient.Member) []string {
				where := m.Project
				if where == "" {
					where = "the whole tenant"
				}
				return []string{m.User, string(m.Role), where}
			})
		}),
	}
}
