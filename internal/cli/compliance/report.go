package compliance

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

func report(e *command.Env) *cobra.Command {
	var tenant bool
	var format string
	var p apiclient.GetComplianceReportParams
	c := &cobra.Command{
		Use: "report --framework FRAMEWORK", Short: "Tell how the controls of a framework stand, and how that went", Args: cobra.NoArgs,
		Long: "A control passes where every policy that answers it does, on every workload and stage where it was asked.\n" +
			"One that no policy answers, or that is about nothing that is applied, is not evaluated, and does not pass.\n" +
			"--format html is a page to print that needs nothing else, csv has a line for each control, project and stage.",
		Example: "  terrace compliance report --framework mcsb\n" +
			"  terrace compliance report --framework cis-azure-3.0.0 --tenant --stage prod --from 2026-10-01 --to 2026-10-31 --format html >report.html\n" +
			"  terrace compliance report --framework iso-27001-2022 --format csv",
		RunE: e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
			p.Project = project
			if format == "csv" || format == "html" {
				return s.ExportComplianceReport(ctx, apiclient.ExportComplianceReportParams{
					Project: p.Project, Framework: p.Framework, Stage: p.Stage, From: p.From, To: p.To, Format: apiclient.ExportComplianceReportParamsFormat(format),
				}, e.Out)
			}
			r, err := s.ComplianceReport(ctx, p)
			if err != nil {
				return err
			}
			if format == "json" {
				e.Format = format
			}
			return e.Print(r, func(w io.Writer) { writeReport(w, r) })
		}),
	}
	tenantFlag(c, &tenant)
	c.Flags().StringVar(&p.Framework, "framework", "", "the framework, or how its id begins; see terrace compliance frameworks")
	_ = c.RegisterFlagCompletionFunc("framework", frameworkIDs(e)) // the flag was made above
	_ = c.MarkFlagRequired("framework")                            // likewise
	e.StageFlag(c, &p.Stage, "stage", "only on this stage", false)
	command.Day(c, &p.From, "from", "the first day, such as 2026-10-01 (thirty days before the last)")
	command.Day(c, &p.To, "to", "the last day (today)")
	command.Choice(c, &format, "format", "table", "how it is written, where --output does not say it", "table", "json", "csv", "html")
	arguments.OwnFormat(c, "format")
	return c
}

func writeReport(w io.Writer, r apiclient.ComplianceReport) {
	var rows [][]string
	quiet := 0
	for _, c := range r.Controls {
		if c.Outcome == apiclient.ComplianceOutcomeNotEvaluated {
			quiet++
			continue
		}
		rows = append(rows, []string{c.ID, string(c.Outcome), fmt.Sprint(c.Findings), fmt.Sprint(c.Resources), fmt.Sprint(c.Exempted), places(c)})
	}
	if len(rows) > 0 {
		output.Rows(w, []string{"CONTROL", "STANDS", "FINDINGS", "RESOURCES", "EXEMPTED", "NOT PASSING IN"}, rows)
		_, _ = fmt.Fprintln(w)
	}
	_, _ = fmt.Fprintf(w, "%s on %s, of %s\n", r.Name, r.Summary.Day, stacks(r.Stacks))
	_, _ = fmt.Fprintln(w, standingOf(r.Summary.Controls))
	if quiet > 0 {
		_, _ = fmt.Fprintln(w, "what is not evaluated has no policy, or nothing that it is about is applied; it does not pass")
	}
	first := r.Trend[0]
	_, _ = fmt.Fprintf(w, "on %s: %s\n", first.Day, standingOf(first.Controls))
}

func stacks(n int64) string {
	if n == 1 {
		return "1 workload on a stage"
	}
	return fmt.Sprintf("%d workloads on stages", n)
}

func standingOf(c apiclient.ComplianceCounts) string {
	return fmt.Sprintf("%d passing, %d failing, %d exempted, %d errors, %d not evaluated", c.Passing, c.Failing, c.Exempted, c.Error, c.NotEvaluated)
}

func places(c apiclient.ComplianceControl) string {
	var all []string
	for _, p := range c.Places {
		if p.Outcome != apiclient.ComplianceOutcomePassing {
			all = append(all, p.Project+"/"+p.Stage)
		}
	}
	return strings.Join(all, ", ")
}
