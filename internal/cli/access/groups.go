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

func createGroup(e *command.Env) *cobra.Command {
	var in apiclient.CreateGroupRequest
	c := &cobra.Command{
		Use: "create NAME", Short: "Add a group, which roles can be granted to", Args: cobra.ExactArgs(1),
		Example: "  terrace group create team-shop --about \"who builds the shop\"",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			in.Name = args[0]
			g, err := s.CreateGroup(ctx, in)
			if err != nil {
				return err
			}
			return e.Print(g, func(w io.Writer) { _, _ = fmt.Fprintf(w, "group %s is created\n", g.Name) })
		}),
	}
	c.Flags().StringVar(&in.About, "about", "", "what it is for")
	return c
}

func listGroups(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the groups", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace group list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			groups, err := s.Groups(ctx)
			return command.PrintFound(e, groups, err, []string{"GROUP", "MEMBERS", "AGE", "ABOUT"}, func(g apiclient.Group) []string {
				return []string{g.Name, fmt.Sprint(g.Members), output.Age(e.Clock.Now(), g.CreatedAt), g.About}
			})
		}),
	}
}

func groupMembers(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "members GROUP", Short: "List who is in a group, and who says so", Args: cobra.ExactArgs(1),
		Example: "  terrace group members team-shop",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			members, err := s.GroupMembers(ctx, args[0])
			return command.PrintFound(e, members, err, []string{"USER", "SOURCE", "AGE"}, func(m apiclient.GroupMember) []string {
				return []string{m.User, m.Source, output.Age(e.Clock.Now(), m.AddedAt)}
			})
		}),
	}
}

func deleteGroup(e *command.Env) *cobra.Command {
	return removal{
		use: "delete GROUP", short: "Remove a group, and the roles that its members have through it", example: "  terrace group delete team-shop --yes",
		what: "group", with: "all its roles", remove: command.Server.DeleteGroup,
	}.command(e)
}

func addMember(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "add GROUP USER", Short: "Put a user into a group", Args: cobra.ExactArgs(2),
		Example: "  terrace group add team-shop ada",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			return done(e, s.AddGroupMember(ctx, args[0], args[1]), "added", args[1], "%s is in the group %s\n", args[1], args[0])
		}),
	}
}

func removeMember(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "remove GROUP USER", Short: "Take a user out of a group", Args: cobra.ExactArgs(2),
		Long:    "What an upstream says of the user stays, until it says otherwise.",
		Example: "  terrace group remove team-shop ada",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			return done(e, s.RemoveGroupMember(ctx, args[0], args[1]), "removed", args[1], "%s is no longer in the group %s by hand\n", args[1], args[0])
		}),
	}
}
