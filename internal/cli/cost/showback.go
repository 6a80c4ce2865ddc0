package cost

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/arguments"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func showback(e *command.Env) *cobra.Command {
	var tenant, asCSV bool
	var by []string
	var p apiclient.GetShowbackParams
	c := &cobra.Command{
		Use: "showback", Short: "Tell who costs what in a month, beside what was estimated", Args: cobra.NoArgs,
		Long:    "Costs are allocated by tags, and what is shared by rules: see terrace cost rules show. Amounts of two\ncurrencies are never added. What no tag and no rule gives to anybody is a line of its own.\n\nEstimates are what ran in the month, each by its days. Of a month that goes on they are compared for the days\nthat there are charges of, and the forecast is of the whole month.",
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
	command.Month(c, &p.Month, "month", "the month of the billing periods, such as 2026-10 (the newest)")
	command.Choices(c, &by, "by", "what the lines are told by (project,stage)", "tenant", "project", "stage", "workload", "costcenter", "owner", "service")
	command.Choice(c, &p.Basis, "basis", "effective", "effective spreads what was paid in advance, billed is what invoices say, list is without discounts", "effective", "billed", "list")
	c.Flags().BoolVar(&asCSV, "csv", false, "write CSV with exact amounts")
	arguments.OwnFormat(c, "csv")
	return c
}

func header(r apiclient.FocusShowback) []string {
	columns := []string{}
	for _, d := range r.By {
		columns = append(columns, string(d))
	}
	return append(columns, "currency", "direct", "shared", "total", "estimate", "difference", "forecast", "unallocated")
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
		for _, v := range []string{l.Direct, l.Shared, l.Total, l.Estimate, l.Difference, l.Forecast} {
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
