package cost

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// paid are the commands about what was really paid; they ask the server.
func paid(e *command.Env) []*cobra.Command {
	return []*cobra.Command{importFiles(e), imports(e), rules(e), showback(e), anomalies(e), idle(e), maturity(e)}
}

// tenantFlag lets a command be about the whole tenant.
func tenantFlag(c *cobra.Command, tenant *bool) {
	c.Flags().BoolVar(tenant, "tenant", false, "the whole tenant, not one project")
}

func showback(e *command.Env) *cobra.Command {
	var tenant, asCSV bool
	var by []string
	var p apiclient.GetShowbackParams
	c := &cobra.Command{
		Use: "showback", Short: "Tell who costs what in a month, beside what was estimated", Args: cobra.NoArgs,
		Long:    "Costs are allocated by tags, and what is shared by rules: see terrace cost rules show. Amounts of two\ncurrencies are never added. What no tag and no rule gives to anybody is a line of its own.",
		Example: "  terrace cost showback --tenant\n  terrace cost showback --month 2026-10 --by project,workload --csv\n  terrace cost showback --by service --basis billed -o json",
		RunE: e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
			p.By, p.Project = by, project
			r, err := s.Showback(ctx, p)
			if err != nil {
				return err
			}
			if asCSV {
				return writeCSV(e.Out, header(r), lines(r, false))
			}
			return e.Print(r, func(w io.Writer) { writeShowback(w, r) })
		}),
	}
	tenantFlag(c, &tenant)
	c.Flags().StringVar(&p.Month, "month", "", "the month of the billing periods, such as 2026-10 (the newest)")
	c.Flags().StringSliceVar(&by, "by", nil, "what the lines are told by: tenant, project, stage, workload, costcenter, owner, service (project,stage)")
	_ = c.RegisterFlagCompletionFunc("by", dimensions) // the flag was made above
	command.Choice(c, (*string)(&p.Basis), "basis", "effective", "effective spreads what was paid in advance, billed is what invoices say, list is without discounts", "effective", "billed", "list")
	c.Flags().BoolVar(&asCSV, "csv", false, "write CSV with exact amounts")
	return c
}

// dimensions offers what lines may be told by, after those that are written.
func dimensions(_ *cobra.Command, _ []string, written string) ([]string, cobra.ShellCompDirective) {
	before := ""
	if i := strings.LastIndex(written, ","); i >= 0 {
		before = written[:i+1]
	}
	var out []string
	for _, d := range []string{"tenant", "project", "stage", "workload", "costcenter", "owner", "service"} {
		if !slices.Contains(strings.Split(before, ","), d) {
			out = append(out, before+d)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

func header(r apiclient.FocusShowback) []string {
	columns := []string{}
	for _, d := range r.By {
		columns = append(columns, string(d))
	}
	return append(columns, "currency", "direct", "shared", "total", "estimate", "difference", "unallocated")
}

// lines are the report's rows; rounded ones are for people.
func lines(r apiclient.FocusShowback, rounded bool) [][]string {
	all := [][]string{}
	for _, l := range r.Lines {
		values := map[apiclient.FocusDimension]string{
			"tenant": l.Tenant, "project": l.Project, "stage": l.Stage, "workload": l.Workload, "costcenter": l.CostCenter, "owner": l.Owner, "service": l.Service,
		}
		row := []string{}
		for i, d := range r.By {
			if v := values[d]; rounded && l.Unallocated && i == 0 {
				row = append(row, "(not allocated)")
			} else {
				row = append(row, v)
			}
		}
		for _, v := range []string{l.Direct, l.Shared, l.Total, l.Estimate, l.Difference} {
			if rounded {
				v = cents(v)
			}
			row = append(row, v)
		}
		row = append(row[:len(r.By)], append([]string{l.Currency}, row[len(r.By):]...)...)
		all = append(all, append(row, fmt.Sprint(l.Unallocated)))
	}
	return all
}

// cents cuts an exact amount to what people read; the exact one is in JSON and CSV.
func cents(v string) string {
	whole, fraction, ok := strings.Cut(v, ".")
	if !ok || len(fraction) <= 2 {
		return v
	}
	return whole + "." + fraction[:2] + "…"
}

func writeShowback(w io.Writer, r apiclient.FocusShowback) {
	_, _ = fmt.Fprintf(w, "%s, %s cost\n", r.Month, r.Basis)
	head, rows := header(r), lines(r, true)
	for i := range head {
		head[i] = strings.ToUpper(head[i])
	}
	for i := range rows {
		rows[i] = rows[i][:len(rows[i])-1]
	}
	output.Rows(w, head[:len(head)-1], rows)
	for _, t := range r.Totals {
		_, _ = fmt.Fprintf(w, "total %s %s: %s direct, %s shared; %s is not allocated\n", cents(t.Total), t.Currency, cents(t.Direct), cents(t.Shared), cents(t.Unallocated))
	}
	for _, n := range r.Notes {
		_, _ = fmt.Fprintf(w, "note: %s\n", n)
	}
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
			all, err := s.CostAnomalies(ctx, p)
			if err != nil {
				return err
			}
			return command.PrintList(e, all, []string{"ANOMALY", "DAY", "SERVICE", "PROJECT", "STAGE", "CURRENCY", "COST", "EXPECTED", "DIRECTION"}, func(a apiclient.FocusAnomaly) []string {
				return []string{a.ID, a.Day, a.Service, a.Project, a.Stage, a.Currency, cents(a.Actual), cents(a.Expected), string(a.Direction)}
			})
		}),
	}
	tenantFlag(c, &tenant)
	c.Flags().Int64Var(&p.Days, "days", 30, "how many of the last days are judged")
	c.Flags().Float64Var(&p.Threshold, "threshold", 4, "how many spreads from the median are out of line")
	c.Flags().Float64Var(&p.Minimum, "minimum", 10, "the smallest difference that is told, in units of the currency")
	command.Positive(c, "days", "threshold", "minimum")
	return c
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
	c.Flags().Int64Var(&p.QuietDays, "quiet-days", 30, "after how many days without a deployment a stage is told")
	command.Positive(c, "quiet-days")
	return c
}

func rules(e *command.Env) *cobra.Command {
	return command.Group("rules", "The rules by which costs are allocated", showRules(e), applyRules(e))
}

func showRules(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Show the rules of allocation", Args: cobra.NoArgs, Example: "  terrace cost rules show",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			r, err := s.CostRules(ctx)
			if err != nil {
				return err
			}
			return e.Print(r, func(w io.Writer) { writeRules(w, r) })
		}),
	}
}

func writeRules(w io.Writer, r apiclient.FocusRules) {
	if r.Source != "" {
		_, _ = fmt.Fprintf(w, "# applied by %s\n%s", r.By, r.Source)
		return
	}
	_, _ = fmt.Fprintln(w, "# nothing was applied: tags alone tell whose costs are")
	for _, d := range []string{"tenant", "project", "stage", "workload", "costcenter", "owner"} {
		if keys := r.Tags[d]; keys != nil {
			_, _ = fmt.Fprintf(w, "# %s: %s\n", d, strings.Join(*keys, ", "))
		}
	}
}

// maxRules bounds the document of rules, in bytes.
const maxRules = 256 << 10

func applyRules(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "apply FILE", Short: "Make the rules of allocation be as a file says", Args: cobra.ExactArgs(1), Example: "  terrace cost rules apply allocation.yaml",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return kernel.Errorf(kernel.NotFound, "the file %s cannot be read: %w", args[0], err)
			}
			defer func() { _ = f.Close() }()
			source, err := io.ReadAll(io.LimitReader(f, maxRules+1))
			if err != nil || len(source) > maxRules {
				return kernel.Errorf(kernel.Invalid, "%s cannot be read, or has more than %d bytes", args[0], maxRules)
			}
			r, err := s.SetCostRules(ctx, apiclient.SetCostRulesRequest{File: args[0], Source: string(source)})
			if err != nil {
				return err
			}
			return e.Print(r, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%d assignments and %d shared costs hold for every month; see terrace cost showback\n", len(r.Assign), len(r.Shared))
			})
		}),
	}
}
