// Package budget has the commands terrace budget …: how much may be spent, and what
// the month is going to cost.
//
// It owns their flags and tables. What a budget means is the server's.
package budget

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// Command returns terrace budget.
func Command(e *command.Env) *cobra.Command {
	return command.Group("budget", "How much may be spent, and what the month is going to cost", set(e), list(e), show(e), history(e), remove(e), acceptClock(e))
}

func list(e *command.Env) *cobra.Command {
	var tenant bool
	var of string
	c := &cobra.Command{
		Use: "list", Short: "List the budgets that bound a project, with their forecasts", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace budget list\n  terrace budget list --tenant -o json\n  terrace budget list --tenant --of acme",
		RunE: e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
			all, err := s.Budgets(ctx, of, project)
			return command.PrintFound(e, all, err, []string{"BUDGET", "SCOPE", "AMOUNT", "USED", "FORECAST", "OF IT", "WHOLE MONTH", "OF IT", "LEVEL", "CONFIDENCE"}, func(b apiclient.BudgetStatus) []string {
				f := b.Forecast
				return []string{b.Name, scope(b.Project, b.Stage, b.Workload), money(b.Amount, b.Currency), short(f.Used), short(f.Forecast), fmt.Sprintf("%.1f %%", f.ForecastPercent), short(f.Next), fmt.Sprintf("%.1f %%", f.NextPercent), string(b.Level), f.Confidence}
			})
		}),
	}
	c.Flags().BoolVar(&tenant, "tenant", false, "all budgets of the tenant, not those that bound one project")
	ofFlag(c, &of)
	return c
}

// ofFlag is for operators of the platform, who see and set budgets of any tenant.
func ofFlag(c *cobra.Command, to *string) {
	c.Flags().StringVar(to, "of", "", "of this tenant, for operators of the platform; your own unless given")
}

func show(e *command.Env) *cobra.Command {
	var of string
	c := &cobra.Command{
		Use: "show BUDGET", Short: "Show a budget, what is used of it, and what its month is going to cost", Args: cobra.ExactArgs(1),
		Long: "The forecast is what was paid, up to the last day that was imported for every account, and from there on the\n" +
			"estimates of what ran and runs. Without imports it is an estimate only, and says so.",
		Example: "  terrace budget show shop-dev\n  terrace budget show shop-dev -o json", ValidArgsFunction: e.Budgets(),
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			b, err := s.Budget(ctx, of, args[0])
			if err != nil {
				return err
			}
			return e.Print(b, func(w io.Writer) { write(w, b) })
		}),
	}
	ofFlag(c, &of)
	return c
}

func write(w io.Writer, b apiclient.BudgetStatus) {
	f := b.Forecast
	thresholds := []string{}
	for _, t := range b.Thresholds {
		thresholds = append(thresholds, fmt.Sprintf("%d %%", t))
	}
	paid := short(f.Paid)
	if f.PaidUntil != "" {
		paid += ", up to " + f.PaidUntil
	}
	by := b.SetBy
	if b.Platform {
		by += ", an operator of the platform"
	}
	output.Pairs(w, "budget", b.Name, "set by", by, "scope", scope(b.Project, b.Stage, b.Workload), "amount", money(b.Amount, b.Currency)+" a month in "+b.Zone,
		"level", string(b.Level), "unpriced", string(b.Unpriced), "thresholds", strings.Join(thresholds, ", "),
		"month", f.Month, "paid", paid, "used", fmt.Sprintf("%s (%.1f %%)", short(f.Used), f.UsedPercent), "rest of the month", short(f.Rest), "runs on their way", short(f.Reserved),
		"forecast", fmt.Sprintf("%s (%.1f %%)", short(f.Forecast), f.ForecastPercent), "a whole month", fmt.Sprintf("%s (%.1f %%)", short(f.Next), f.NextPercent), "confidence", f.Confidence, "method", f.Method)
	for _, r := range f.Rates {
		_, _ = fmt.Fprintf(w, "other currencies at: %s\n", r)
	}
	for _, g := range f.Gaps {
		_, _ = fmt.Fprintf(w, "in no figure: %s\n", g)
	}
}

func history(e *command.Env) *cobra.Command {
	var of string
	c := &cobra.Command{
		Use: "history BUDGET", Short: "List what a budget was, the newest first", Args: cobra.ExactArgs(1),
		Example: "  terrace budget history shop-dev", ValidArgsFunction: e.Budgets(),
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			all, err := s.BudgetHistory(ctx, of, args[0])
			return command.PrintFound(e, all, err, []string{"REVISION", "SCOPE", "AMOUNT", "LEVEL", "UNPRICED", "BY", "AGE", "REASON"}, func(r apiclient.BudgetRevision) []string {
				amount := money(r.Amount, r.Currency)
				if r.Deleted {
					amount = "(deleted)"
				}
				return []string{fmt.Sprint(r.Revision), scope(r.Project, r.Stage, r.Workload), amount, string(r.Level), string(r.Unpriced), r.SetBy, output.Age(e.Clock.Now(), r.SetAt), r.Reason}
			})
		}),
	}
	ofFlag(c, &of)
	return c
}

func remove(e *command.Env) *cobra.Command {
	var yes bool
	var of, reason string
	c := &cobra.Command{
		Use: "delete BUDGET", Short: "Delete a budget; its history stays", Args: cobra.ExactArgs(1),
		Example: "  terrace budget delete shop-dev --reason 'the project is over'", ValidArgsFunction: e.Budgets(),
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if err := e.Confirm(yes, "Delete the budget "+args[0]+"?"); err != nil {
				return err
			}
			if err := s.DeleteBudget(ctx, of, args[0], reason); err != nil {
				return err
			}
			return e.Print(map[string]any{"budget": args[0], "deleted": true}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "the budget %s is deleted\n", args[0]) })
		}),
	}
	ofFlag(c, &of)
	c.Flags().BoolVarP(&yes, "yes", "y", false, "delete without asking")
	c.Flags().StringVar(&reason, "reason", "", "why; it is kept in the audit log")
	return c
}

func acceptClock(e *command.Env) *cobra.Command {
	var in apiclient.AcceptBudgetClockRequest
	c := &cobra.Command{
		Use: "accept-clock --reason REASON", Short: "Go by the server's clock of now, after it was wrong", Args: cobra.NoArgs,
		Long: "Budgets go by the latest month that was decided in: a clock that goes back opens no former month. Where it was\n" +
			"ahead before and is right now, an admin says so.",
		Example: "  terrace budget accept-clock --reason 'the clock was a year ahead until noon'",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			if err := s.AcceptBudgetClock(ctx, in); err != nil {
				return err
			}
			return e.Print(map[string]any{"accepted": true}, func(w io.Writer) { _, _ = fmt.Fprintln(w, "budgets go by the clock of now") })
		}),
	}
	c.Flags().StringVar(&in.Reason, "reason", "", "why; it is kept in the audit log")
	_ = c.MarkFlagRequired("reason") // the flag was made above
	return c
}

// scope is what a budget is of, in few words.
func scope(project, stage, workload string) string {
	all := "tenant"
	if project != "" {
		all = project
	}
	if workload != "" {
		all += " " + workload
	}
	if stage != "" {
		all += " in " + stage
	}
	return all
}

func money(amount, currency string) string { return short(amount) + " " + currency }

// short cuts an exact amount to what people read; the exact one is in JSON.
func short(v string) string {
	whole, fraction, ok := strings.Cut(v, ".")
	if !ok || len(fraction) <= 2 {
		return v
	}
	return whole + "." + fraction[:2]
}
