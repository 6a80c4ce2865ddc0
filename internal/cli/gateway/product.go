package gateway

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

const classProduct = "product"

func products(e *command.Env) *cobra.Command {
	return command.Group("product", "Products: routes that are offered to consumers, with plans", productList(e), productShow(e))
}

func productList(e *command.Env) *cobra.Command {
	var everywhere bool
	var at apiclient.GatewayScope
	c := &cobra.Command{
		Use: "list", Short: "List the products of the project", Args: cobra.NoArgs,
		Long:    "With --tenant it is all that you see: of every project that you read, and what is offered to the tenant.\nA product is a document: terrace gateway apply makes one, terrace gateway history and rollback know what it was.",
		Example: "  terrace gateway product list --stage prod\n  terrace gateway product list --tenant",
		RunE: e.InScope(&everywhere, func(ctx context.Context, s command.Server, project string, _ []string) error {
			at.Project = project
			all, err := s.GatewayProducts(ctx, at)
			return command.PrintFound(e, all, err, []string{"NAME", "PROJECT", "STAGE", "STATE", "FOR", "PLANS", "OWNER", "TITLE"}, func(p apiclient.GatewayProduct) []string {
				return []string{p.Name, p.Project, p.Stage, p.Spec.State, p.Spec.Visibility, strings.Join(named(p.Spec.Plans, func(p apiclient.ProductPlan) string { return p.Name }), ","), p.Owner, p.Spec.Title}
			})
		}),
	}
	c.Flags().BoolVar(&everywhere, "tenant", false, "of all projects that you see")
	e.StageFlag(c, &at.Stage, "stage", "what is offered on this stage", false)
	return c
}

func productShow(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	c := &cobra.Command{
		Use: "show NAME", Short: "Show a product with its plans", Args: cobra.ExactArgs(1),
		Long:    "On a stage it is the stage's own product, else that of the project; without --stage the project's.",
		Example: "  terrace gateway product show orders --stage prod",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			p, err := s.GatewayProduct(ctx, apiclient.GatewayScope{Project: project, Stage: g.stage}, args[0])
			if err != nil {
				return err
			}
			return e.Print(p, func(w io.Writer) { showProduct(w, p) })
		}),
	}
	e.StageFlag(c, &g.stage, "stage", "the stage that offers it", false)
	c.ValidArgsFunction = g.productNames()
	return c
}

func showProduct(w io.Writer, p apiclient.GatewayProduct) {
	opens := p.Spec.Routes
	for _, a := range p.Spec.Apis {
		opens = append(opens, "API "+a.API+" "+a.Version)
	}
	output.Pairs(w, "product", p.Name, "of", strings.TrimSuffix(p.Project+"/"+p.Stage, "/"), "title", p.Spec.Title, "state", p.Spec.State, "offered to", "the "+p.Spec.Visibility, "owner", p.Owner,
		"opens", strings.Join(opens, ", "), "terms", p.Spec.Terms)
	output.List(w, p.Spec.Plans, []string{"PLAN", "APPROVAL", "MOST", "RATE LIMITS", "QUOTAS", "TITLE"}, func(p apiclient.ProductPlan) []string {
		most := ""
		if p.MaxSubscriptions > 0 {
			most = strconv.FormatInt(p.MaxSubscriptions, 10)
		}
		return []string{
			p.Name, yes(p.Approval), most,
			strings.Join(named(p.RateLimits, func(l apiclient.ProductRateLimit) string {
				return strconv.FormatInt(l.Calls, 10) + " calls in " + l.Per
			}), ", "),
			strings.Join(named(p.Quotas, quota), ", "), p.Title,
		}
	})
}

// quota says what a quota is in words.
func quota(q apiclient.ProductQuota) string {
	text := strconv.FormatInt(q.Calls, 10) + " calls"
	if q.Bytes > 0 {
		text = strconv.FormatInt(q.Bytes, 10) + " bytes"
	}
	text += " per " + string(q.Per)
	if q.Soft {
		text += " (only told)"
	}
	return text
}

// productNames offers the products that there are.
func (g *group) productNames() command.Completion {
	return g.Offer(func(ctx context.Context, s command.Server, project string) ([]string, error) {
		all, err := s.GatewayProducts(ctx, apiclient.GatewayScope{Project: project, Stage: g.stage})
		return named(all, func(p apiclient.GatewayProduct) string { return p.Name }), err
	})
}
