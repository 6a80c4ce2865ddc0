package gateway

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func slo(e *command.Env) *cobra.Command {
	return command.Group("slo", "What routes promise, and how much of their error budgets is left", sloList(e), sloShow(e), sloRules(e))
}

// objectives makes a command about the objectives of a scope.
func (g *group) objectives(c *cobra.Command, run func(all []apiclient.SloStatus) error) *cobra.Command {
	c.Flags().BoolVar(&g.tenant, "tenant", false, "the routes of every project that you may see")
	g.StageFlag(c, &g.stage, "stage", "only routes of this stage", false)
	c.RunE = g.InScope(&g.tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
		all, err := s.GatewaySLOs(ctx, apiclient.GatewayScope{Project: project, Stage: g.stage}, command.First(args))
		if err != nil {
			return err
		}
		return run(all)
	})
	return c
}

func sloList(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	return g.objectives(&cobra.Command{
		Use: "list", Short: "List the objectives of routes", Args: cobra.NoArgs,
		Long:    "LEFT is how much of the error budget is; below 0 the promise is broken. BURNING is page or ticket where an alert holds.",
		Example: "  terrace gateway slo list --stage prod\n  terrace gateway slo list --tenant -o json",
	}, func(all []apiclient.SloStatus) error {
		return command.PrintList(e, all, []string{"ROUTE", "OF", "OBJECTIVE", "TARGET", "WINDOW", "IS", "LEFT", "BURNING"}, func(x apiclient.SloStatus) []string {
			return []string{x.Route, x.Project + "/" + x.Stage, x.Objective, percent(x.Target), x.Window, percent(x.Share), percent(x.BudgetLeft), cmp.Or(x.Burning, "-")}
		})
	})
}

func sloShow(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	return g.objectives(&cobra.Command{
		Use: "show ROUTE", Short: "Show the objectives of a route with their burn rates", Args: cobra.ExactArgs(1), ValidArgsFunction: g.routes(),
		Long:    "A burn rate of 1 uses the error budget up in just the window. An alert holds where both windows are above the factor.",
		Example: "  terrace gateway slo show orders --stage prod",
	}, func(all []apiclient.SloStatus) error {
		if len(all) == 0 {
			return kernel.Errorf(kernel.NotFound, "there is no such route, or it promises nothing").
				WithFix("see what routes promise with: terrace gateway slo list")
		}
		return e.Print(all, func(w io.Writer) {
			for i, x := range all {
				if i > 0 {
					_, _ = fmt.Fprintln(w)
				}
				showObjective(w, x)
			}
		})
	})
}

func showObjective(w io.Writer, x apiclient.SloStatus) {
	what := x.Indicator
	if x.Threshold > 0 {
		what += " within " + seconds(x.Threshold)
	}
	burning := "no"
	if x.Burning != "" && x.Since != nil {
		burning = x.Burning + " since " + x.Since.Local().Format("01-02 15:04")
	}
	output.Pairs(w, "objective", x.Objective, "of", x.Project+"/"+x.Stage+"/"+x.Route, "promised by", x.Policy, "indicator", what,
		"target", percent(x.Target)+" over "+x.Window, "is", fmt.Sprintf("%s (%d of %d did not)", percent(x.Share), x.Bad, x.Requests), "budget left", percent(x.BudgetLeft), "burning", burning)
	output.List(w, x.Burns, []string{"SEVERITY", "WINDOWS", "FACTOR", "LONG", "SHORT", "HOLDS"}, func(b apiclient.SloBurn) []string {
		return []string{b.Severity, b.Long + "/" + b.Short, strconv.FormatFloat(b.Factor, 'g', -1, 64), fmt.Sprintf("%.2f", b.OfLong), fmt.Sprintf("%.2f", b.OfShort), yes(b.Burning)}
	})
}

// percent writes a share, with as many digits as tell it.
func percent(share float64) string {
	return strconv.FormatFloat(float64(int64(share*1e6+sign(share)/2))/1e4, 'f', -1, 64) + "%"
}

func sign(f float64) float64 {
	if f < 0 {
		return -1
	}
	return 1
}

func sloRules(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	return g.objectives(&cobra.Command{
		Use: "rules", Short: "Write the objectives as rules of Prometheus", Args: cobra.NoArgs,
		Long:    "Recording rules for the error ratios and alerts on burn rates, as YAML that promtool check rules takes. They count what Prometheus scrapes from all replicas.",
		Example: "  terrace gateway slo rules --stage prod > rules.yaml\n  terrace gateway slo rules --tenant -o json",
	}, func(all []apiclient.SloStatus) error {
		r := rulesOf(all)
		if e.Format == output.Table {
			return output.Write(e.Out, output.YAML, r, nil)
		}
		return e.Print(r, nil)
	})
}
