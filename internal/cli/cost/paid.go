package cost

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/governance/cost"
)

// paid are the commands about what was really paid; they ask the server.
func paid(e *command.Env) []*cobra.Command {
	return []*cobra.Command{importFiles(e), imports(e), rules(e), showback(e), anomalies(e), idle(e), maturity(e)}
}

// tenantFlag lets a command be about the whole tenant.
func tenantFlag(c *cobra.Command, tenant *bool) {
	c.Flags().BoolVar(tenant, "tenant", false, "the whole tenant, not one project")
}

func anomalies(e *command.Env) *cobra.Command {
	var tenant bool
	p := apiclient.ListCostAnomaliesParams{}
	c := &cobra.Command{
		Use: "anomalies", Short: "List days on which a service cost far more, or less, than it used to", Args: cobra.NoArgs,
		Long:    "A day is compared with the median of the same weekday in the eight weeks before, per project, stage and\nservice. It is out of line where it is --threshold spreads and --minimum units of the currency away.",
		Example: "  terrace cost anomalies --tenant\n  terrace cost anomalies --days 7 --minimum 50 -o json",
		RunE: e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
			p.Project = project
			all, method, err := s.CostAnomalies(ctx, p)
			if err != nil {
				return err
			}
			e.Say("%s", method)
			return command.PrintList(e, all, []string{"ANOMALY", "DAY", "SERVICE", "PROJECT", "STAGE", "CURRENCY", "COST", "EXPECTED", "SPREAD", "COMPARED WITH", "DIRECTION"}, func(a apiclient.FocusAnomaly) []string {
				return []string{a.ID, a.Day, a.Service, a.Project, a.Stage, a.Currency, cents(a.Actual), cents(a.Expected), cents(a.Spread), against(a), string(a.Direction)}
			})
		}),
	}
	tenantFlag(c, &tenant)
	command.Number(c, &p.Days, "days", 30, "how many of the last days are judged", 1, 400)
	command.Positive(c, &p.Threshold, "threshold", 4, "how many spreads from the median are out of line")
	command.Positive(c, &p.Minimum, "minimum", 10, "the smallest difference that is told, in units of the currency")
	return c
}

// against is the days that one was compared with.
func against(a apiclient.FocusAnomaly) string {
	if a.Method == "weekday" {
		return cost.Counted(a.Samples, "same weekday")
	}
	return cost.Counted(a.Samples, "day") + " before"
}

func idle(e *command.Env) *cobra.Command {
	var tenant bool
	p := apiclient.ListIdleParams{}
	c := &cobra.Command{
		Use: "idle", Short: "List what seems to be paid for in vain", Args: cobra.NoArgs,
		Long:    "Workloads that run nothing, stages to which nothing was deployed for long, states with resources that no\nworkload refers to, and what is billed with tags of something that is not deployed.",
		Example: "  terrace cost idle --tenant\n  terrace cost idle --quiet-days 60 -o json",
		RunE: e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
			p.Project = project
			r, err := s.Idle(ctx, p)
			if err != nil {
				return err
			}
			return command.PrintList(e, r.Findings, []string{"KIND", "PROJECT", "STAGE", "WORKLOAD", "COSTS", "WHY"}, func(f apiclient.FocusIdle) []string {
				costs := []string{}
				for _, m := range f.Costs {
					costs = append(costs, cents(m.Amount)+" "+m.Currency)
				}
				return []string{string(f.Kind), f.Project, f.Stage, f.Workload, strings.Join(costs, ", "), f.Message}
			})
		}),
	}
	tenantFlag(c, &tenant)
	command.Number(c, &p.QuietDays, "quiet-days", 30, "after how many days without a deployment a stage is told", 1, 3650)
	return c
}
