// Package gateway has the commands terrace gateway …: routes, policies and products as
// documents, what they do with a request, and subscriptions to products.
//
// It owns their flags and tables, and reads documents as far as that needs no server.
// What they mean is the server's.
package gateway

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
)

// The classes of documents.
const (
	classRoute  = "route"
	classPolicy = "policy"
)

// group is what the commands share.
type group struct {
	*command.Env

	tenant bool
	stage  string
}

// Command returns terrace gateway.
func Command(e *command.Env) *cobra.Command {
	c := command.Group("gateway", "Routes, policies and products of the gateway, as documents",
		apply(e), validate(e), routes(e), policies(e), get(e), remove(e), explain(e), history(e), rollback(e), kinds(e), schema(e), firewall(e), traffic(e), tail(e), slo(e), cached(e), products(e), subscriptions(e), sites(e))
	c.Aliases = []string{"gw"}
	return c
}

// at has a command be about a stage, a project or the tenant.
func (g *group) at(c *cobra.Command, run func(ctx context.Context, s command.Server, at apiclient.GatewayScope, args []string) error) *cobra.Command {
	return g.about(c, "the tenant's policies, for the routes of every project", "the stage; without one the whole project, which has policies alone", run)
}

// about is at for a command whose flags mean something else.
func (g *group) about(c *cobra.Command, tenant, stage string, run func(ctx context.Context, s command.Server, at apiclient.GatewayScope, args []string) error) *cobra.Command {
	c.Flags().BoolVar(&g.tenant, "tenant", false, tenant)
	g.StageFlag(c, &g.stage, "stage", stage, false)
	c.RunE = g.InScope(&g.tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
		if g.tenant && g.stage != "" {
			return exit.Wrong("--tenant and --stage do not go together").WithFix("give one of them")
		}
		return run(ctx, s, apiclient.GatewayScope{Project: project, Stage: g.stage}, args)
	})
	return c
}

// ofStage has a command be about a stage.
func (g *group) ofStage(c *cobra.Command, run func(ctx context.Context, s command.Server, at apiclient.GatewayScope, args []string) error) *cobra.Command {
	g.StageFlag(c, &g.stage, "stage", "the stage", true)
	c.RunE = g.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
		return run(ctx, s, apiclient.GatewayScope{Project: project, Stage: g.stage}, args)
	})
	return c
}

// one makes a command about one route, policy or product: CLASS NAME.
func (g *group) one(c *cobra.Command, run func(ctx context.Context, s command.Server, at apiclient.GatewayScope, class, name string) error) *cobra.Command {
	c.Args = cobra.ExactArgs(2)
	c.ValidArgsFunction = g.names()
	command.ChoiceArgument(c, 0, classRoute, classPolicy, classProduct)
	return g.at(c, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, args []string) error {
		if args[0] == classRoute && at.Stage == "" {
			return exit.Wrong("a route is of a stage, and none is named").WithFix("give --stage")
		}
		if args[0] == classProduct && at.Project == "" {
			return exit.Wrong("a product is of a project, not of the tenant").WithFix("leave --tenant away, and give --project")
		}
		return run(ctx, s, at, args[0], args[1])
	})
}

// names offers the routes, policies and products that there are.
func (g *group) names() command.Completion {
	return func(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) != 1 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return g.Offer(func(ctx context.Context, s command.Server, project string) ([]string, error) {
			at := apiclient.GatewayScope{Project: project, Stage: g.stage}
			if args[0] == classRoute {
				all, err := s.GatewayRoutes(ctx, at, "")
				return named(all, func(r apiclient.GatewayRoute) string { return r.Name }), err
			}
			if args[0] == classProduct {
				all, err := s.GatewayProducts(ctx, at)
				return named(all, func(p apiclient.GatewayProduct) string { return p.Name }), err
			}
			if g.tenant {
				at.Project = ""
			}
			all, err := s.GatewayPolicies(ctx, apiclient.ListGatewayPoliciesParams{Project: at.Project, Stage: at.Stage})
			return named(all, func(p apiclient.GatewayPolicy) string { return p.Name }), err
		})(c, nil, typed)
	}
}

func named[T any](all []T, name func(T) string) []string {
	out := make([]string, 0, len(all))
	for _, v := range all {
		out = append(out, name(v))
	}
	return out
}

func routes(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var host string
	c := g.ofStage(&cobra.Command{
		Use: "routes", Short: "List the routes of a stage", Args: cobra.NoArgs,
		Long:    "A route whose owner is terraform is kept as it is by its workload's runs, one of git/SOURCE by the repository of that source.",
		Example: "  terrace gateway routes --stage dev\n  terrace gw routes --stage dev --host orders.dev.shop.localhost",
	}, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, _ []string) error {
		all, err := s.GatewayRoutes(ctx, at, host)
		return command.PrintFound(e, all, err, []string{"NAME", "HOSTS", "RULES", "OWNER", "AGE"}, func(r apiclient.GatewayRoute) []string {
			return []string{r.Name, strings.Join(r.Spec.Hosts, ","), strconv.Itoa(len(r.Spec.Rules)), r.Owner, output.Age(e.Clock.Now(), r.UpdatedAt)}
		})
	})
	c.Flags().StringVar(&host, "host", "", "only those that name this host")
	return c
}

func policies(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var p apiclient.ListGatewayPoliciesParams
	c := g.at(&cobra.Command{
		Use: "policies", Short: "List the policies of a stage, a project or the tenant", Args: cobra.NoArgs,
		Long:    "Of each kind a route has the policy that is attached most closely: its own, else its stage's, its project's, its tenant's.\nSee which one it is with: terrace gateway explain URL",
		Example: "  terrace gateway policies --stage dev\n  terrace gateway policies --tenant --kind WafPolicy",
	}, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, _ []string) error {
		p.Project, p.Stage = at.Project, at.Stage
		all, err := s.GatewayPolicies(ctx, p)
		return command.PrintFound(e, all, err, []string{"NAME", "KIND", "ROUTE", "OWNER", "AGE"}, func(p apiclient.GatewayPolicy) []string {
			return []string{p.Name, p.Kind, p.Route, p.Owner, output.Age(e.Clock.Now(), p.UpdatedAt)}
		})
	})
	command.Choice(c, &p.Kind, "kind", "", "only those of this kind", gatewaydoc.Kinds()...)
	c.Flags().StringVar(&p.Route, "route", "", "only those for this one route")
	return c
}

func kinds(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "kinds", Short: "List the kinds of documents that there are", Args: cobra.NoArgs,
		Long:    "With -o json each has the JSON Schema of its spec. For editors, terrace gateway schema has one of all documents.",
		Example: "  terrace gateway kinds\n  terrace gateway kinds -o json",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.GatewayKinds(ctx)
			return command.PrintFound(e, all, err, []string{"KIND", "APIVERSION"}, func(k apiclient.GatewayKind) []string { return []string{k.Kind, k.APIVersion} })
		}),
	}
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
