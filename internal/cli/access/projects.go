package access

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func createProject(e *command.Env) *cobra.Command {
	var p apiclient.CreateProjectRequest
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
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			projects, err := s.Projects(ctx)
			return command.PrintFound(e, projects, err, []string{"PROJECT", "COST CENTRE", "OWNER", "AGE"}, func(p apiclient.Project) []string {
				return []string{p.Name, p.CostCenter, p.Owner, output.Age(e.Clock.Now(), p.CreatedAt)}
			})
		}),
	}
}

func setTags(e *command.Env) *cobra.Command {
	var costCenter, owner string
	c := &cobra.Command{
		Use: "tag NAME", Short: "Set who pays and who answers for a project; what is not named stays", Args: cobra.ExactArgs(1),
		Long:    "The tags costcenter and owner are on every resource of the project from its next run on.",
		Example: "  terrace project tag shop --costcenter 4712\n  terrace project tag shop --costcenter 4712 --owner team-orders",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) (err error) {
			p, err := s.Project(ctx, args[0])
			if err != nil {
				return err
			}
			in := apiclient.SetProjectTagsRequest{CostCenter: cmp.Or(costCenter, p.CostCenter), Owner: cmp.Or(owner, p.Owner)}
			if p, err = s.SetProjectTags(ctx, args[0], in); err != nil {
				return err
			}
			return e.Print(p, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "project %s: costcenter %s, owner %s\n", p.Name, p.CostCenter, p.Owner)
			})
		}),
	}
	c.Flags().StringVar(&costCenter, "costcenter", "", "who pays for what the project uses")
	c.Flags().StringVar(&owner, "owner", "", "the team that answers for it")
	c.MarkFlagsOneRequired("costcenter", "owner")
	return c
}
