package gateway

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func explain(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var method string
	var headers []string
	c := g.about(&cobra.Command{
		Use: "explain URL", Short: "Say which route takes a request, what holds for it, and why others do not", Args: cobra.ExactArgs(1),
		Example: "  terrace gateway explain https://orders.dev.shop.localhost/api/orders\n  terrace gateway explain orders.dev.shop.localhost/api -X POST -H 'X-Team: blue'",
	}, "ask as one who reads the whole tenant", "ask as one who reads this stage; the answer is about every route that you see", func(ctx context.Context, s command.Server, at apiclient.GatewayScope, args []string) error {
		x, err := s.ExplainGateway(ctx, at, method, args[0], headers)
		if err != nil {
			return err
		}
		return e.Print(x, func(w io.Writer) { show(w, x) })
	})
	c.Flags().StringVarP(&method, "request", "X", "", "the method; GET unless given")
	c.Flags().StringArrayVarP(&headers, "header", "H", nil, "a header of the request, as 'Name: value'; may be repeated")
	return c
}

func show(w io.Writer, x apiclient.GatewayExplanation) {
	_, _ = fmt.Fprintf(w, "%s%s: %s\n", x.Host, x.Path, x.Answer)
	if m := x.Match; m != nil {
		output.Pairs(w, "route", m.Route, "of", m.Project+"/"+m.Stage, "rule", place(*m), "path", m.Path.Type+" "+m.Path.Value)
	}
	if len(x.Policies) > 0 {
		_, _ = fmt.Fprintln(w, "\nPolicies:")
		output.List(w, x.Policies, []string{"KIND", "NAME", "FROM", "HOLDS", "WHY"}, func(p apiclient.GatewayPolicyUse) []string {
			return []string{p.Kind, p.Name, p.From, yes(p.Holds), p.Why}
		})
	}
	if p := x.Plane; p != nil {
		_, _ = fmt.Fprintf(w, "\nThe stage is obeyed by %s.\n", p.Name)
		for _, line := range p.Says {
			_, _ = fmt.Fprintln(w, "  "+line)
		}
	}
	if len(x.Others) > 0 {
		_, _ = fmt.Fprintln(w, "\nOther matches of this host:")
		output.List(w, x.Others, []string{"ROUTE", "RULE", "PATH", "WHY NOT"}, func(m apiclient.GatewayMatching) []string {
			return []string{m.Route, place(m), m.Path.Type + " " + m.Path.Value, m.Why}
		})
	}
}

// place names a match within its route, as in the document: rules[0].matches[1].
func place(m apiclient.GatewayMatching) string {
	text := fmt.Sprintf("rules[%d].matches[%d]", m.Rule, m.Match)
	if m.RuleName != "" {
		text += " (" + m.RuleName + ")"
	}
	return text
}
