// Package usage has the command terrace usage.
//
// It owns its flags, its table and its columns of CSV. Nothing is metered here.
package usage

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// Command returns terrace usage.
func Command(e *command.Env) *cobra.Command {
	var of apiclient.ListUsageParams
	format := ""
	c := &cobra.Command{
		Use: "usage", Short: "Show what the tenant, or a project, used in a month", Args: cobra.NoArgs,
		Long: "Runs, requests and what is stored are metered in windows of an hour. With --project one project is shown; the\n" +
			"stages of its runs are told apart. --format csv has the columns of FOCUS where there is one for it.",
		Example: "  terrace usage\n  terrace usage --month 2026-10 --by day -o json\n  terrace usage --tenant acme --format csv",
	}
	f := c.Flags()
	f.StringVar(&of.Month, "month", "", "the month in UTC, such as 2026-11 (this one)")
	f.StringVar(&of.Tenant, "tenant", "", "of this tenant, for operators of the platform; your own unless given")
	command.Choice(c, &of.By, "by", apiclient.UsageWindowMonth, "how long the windows are", apiclient.UsageWindowHour, apiclient.UsageWindowDay, apiclient.UsageWindowMonth)
	command.Choice(c, &format, "format", "table", "how it is written, where --output does not say it", "table", "csv")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if _, err := time.Parse("2006-01", of.Month); of.Month != "" && err != nil {
			return exit.Wrong("--month is %q", of.Month).WithFix("write it as 2026-11")
		}
		s, err := e.Server()
		if err != nil {
			return err
		}
		if c.Flags().Changed("project") {
			of.Project = s.Identity.Project
		}
		rows, err := s.Usage(c.Context(), of)
		if err != nil {
			return err
		}
		if format == "csv" && e.Format == output.Table {
			return writeCSV(e.Out, rows)
		}
		return e.Print(rows, func(w io.Writer) { write(w, rows) })
	}
	return c
}

func write(w io.Writer, rows []apiclient.UsageRow) {
	output.List(w, rows, []string{"FROM", "PROJECT", "STAGE", "METRIC", "QUANTITY", "UNIT"}, func(r apiclient.UsageRow) []string {
		return []string{r.From.Format("2006-01-02 15:04"), r.Project, r.Stage, string(r.Metric), number(r.Quantity), r.Unit}
	})
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// writeCSV writes rows with FOCUS's names: the tenant pays, a project is a part of its account.
func writeCSV(w io.Writer, rows []apiclient.UsageRow) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"BillingAccountId", "SubAccountId", "ChargePeriodStart", "ChargePeriodEnd", "ServiceName", "SkuMeter", "ConsumedQuantity", "ConsumedUnit", "Tags"}) // Flush tells
	for _, r := range rows {
		tags := map[string]string{}
		if r.Stage != "" {
			tags["stage"] = r.Stage
		}
		told, err := json.Marshal(tags)
		if err != nil {
			return fmt.Errorf("write tags: %w", err)
		}
		_ = out.Write([]string{r.Tenant, r.Project, r.From.Format(time.RFC3339), r.To.Format(time.RFC3339), "Terrace", string(r.Metric), number(r.Quantity), r.Unit, string(told)}) // Flush tells
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write usage: %w", err)
	}
	return nil
}
