package access

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// node is where a role is given or taken: the project, stages of it, the tenant or the platform.
type node struct {
	stages           []string
	tenant, platform bool
}

func (n *node) flags(e *command.Env, c *cobra.Command) {
	c.Flags().StringSliceVar(&n.stages, "stage", nil, "in these stages of the project alone, several with commas")
	_ = c.RegisterFlagCompletionFunc("stage", command.ForFlag(e.Stages())) // the flag was made above
	c.Flags().BoolVar(&n.tenant, "tenant", false, "in the whole tenant, not in the project")
	c.Flags().BoolVar(&n.platform, "platform", false, "on the platform: of the role operator, which creates tenants")
	c.MarkFlagsMutuallyExclusive("tenant", "platform", "stage")
}

// in runs what is about the node of the flags, where project is "" for the tenant and the platform.
func (n *node) in(e *command.Env, run func(ctx context.Context, s command.Server, project string, args []string) error) command.RunE {
	return func(c *cobra.Command, args []string) error {
		wide := n.tenant || n.platform
		if err := notBoth(c, n.platform, "platform"); err != nil {
			return err
		}
		return e.InScope(&wide, run)(c, args)
	}
}

// notBoth refuses a project beside a flag that says another node.
func notBoth(c *cobra.Command, wide bool, flag string) error {
	if wide && c.Flags().Changed("project") {
		return exit.Wrong("--%s and --project do not go together", flag).WithFix("give one of them")
	}
	return nil
}

// each are the stages one by one, "" where none is named.
func (n *node) each() []string {
	if len(n.stages) == 0 {
		return []string{""}
	}
	return n.stages
}

func where(g apiclient.Grant) string { return place(g.Platform, g.Project, g.Stage) }

// place says a node.
func place(platform bool, project, stage string) string {
	switch {
	case platform:
		return "the platform"
	case project == "":
		return "the whole tenant"
	case stage == "":
		return project
	default:
		return project + "/" + stage
	}
}

// find returns the grants of a role to a subject at the node itself.
func (n *node) find(ctx context.Context, s command.Server, project, who, role string) (ids []string, err error) {
	of, err := subject(who)
	if err != nil {
		return nil, err
	}
	grants, err := s.Grants(ctx, apiclient.ListGrantsParams{Project: project, Platform: n.platform, Kind: of.Kind, Subject: of.Name})
	if err != nil {
		return nil, err
	}
	for _, stage := range n.each() {
		for _, g := range grants {
			if string(g.Role) == role && g.Platform == n.platform && g.Project == project && g.Stage == stage {
				ids = append(ids, g.ID)
			}
		}
	}
	if len(ids) == 0 {
		return nil, kernel.Errorf(kernel.NotFound, "%s does not have the role %s there", who, role).WithFix("see terrace access list")
	}
	return ids, nil
}
