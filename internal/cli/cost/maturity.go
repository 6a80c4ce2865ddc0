package cost

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/arguments"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func maturity(e *command.Env) *cobra.Command {
	return command.Group("maturity", "How mature the practice of FinOps is, in 22 capabilities", showMaturity(e), answer(e))
}

func showMaturity(e *command.Env) *cobra.Command {
	var asCSV, all bool
	c := &cobra.Command{
		Use: "show", Short: "Assess the capabilities: crawl, walk or run", Args: cobra.NoArgs,
		Long:    "What the platform can measure it measures; the rest is asked, see terrace cost maturity answer. A level is\nreached when all that proves it, and the levels below, is met.",
		Example: "  terrace cost maturity show\n  terrace cost maturity show --all\n  terrace cost maturity show --csv",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			a, err := s.Maturity(ctx)
			if err != nil {
				return err
			}
			if asCSV {
				return writeCSV(e.Out, []string{"domain", "capability", "level", "criterion", "of", "text", "state", "source", "figure", "by", "at", "note"}, proofs(a))
			}
			return e.Print(a, func(w io.Writer) { writeMaturity(w, a, all) })
		}),
	}
	c.Flags().BoolVar(&asCSV, "csv", false, "write CSV, one row per criterion")
	arguments.OwnFormat(c, "csv")
	c.Flags().BoolVar(&all, "all", false, "show every criterion with its evidence or answer")
	return c
}

func answer(e *command.Env) *cobra.Command {
	var given apiclient.Given
	var not bool
	c := &cobra.Command{
		Use: "answer CRITERION", Short: "Say that a criterion is met, or not", Args: cobra.ExactArgs(1),
		Example:           "  terrace cost maturity answer budgeting-walk-2 --note 'in the plan of 2027'\n  terrace cost maturity answer sustainability-crawl-1 --not-met",
		ValidArgsFunction: e.Criteria(),
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			given.Criterion, given.Met = args[0], !not
			a, err := s.AnswerMaturity(ctx, apiclient.AnswerMaturityRequest{Answers: []apiclient.Given{given}})
			if err != nil {
				return err
			}
			return e.Print(a, func(w io.Writer) {
				writeMaturity(w, a, false)
				writeMeasured(w, a, given.Criterion)
			})
		}),
	}
	c.Flags().BoolVar(&not, "not-met", false, "it is not met")
	c.Flags().StringVar(&given.Note, "note", "", "why, or where that can be seen")
	return c
}

func writeMaturity(w io.Writer, a apiclient.MaturityAssessment, all bool) {
	rows := [][]string{}
	for _, c := range a.Capabilities {
		next := ""
		for _, p := range c.Criteria {
			if p.State != "met" {
				next = p.ID + ": " + p.Text
				break
			}
		}
		rows = append(rows, []string{c.Domain, c.Name, string(c.Level), next})
	}
	output.Rows(w, []string{"DOMAIN", "CAPABILITY", "LEVEL", "WHAT IS MISSING NEXT"}, rows)
	if all {
		rows = [][]string{}
		for _, p := range proofs(a) {
			rows = append(rows, []string{p[3], p[6], p[7], p[8], strings.TrimSpace(p[9] + " " + p[11]), p[5]})
		}
		_, _ = fmt.Fprintln(w)
		output.Rows(w, []string{"CRITERION", "STATE", "BY", "FIGURE", "ANSWER", "TEXT"}, rows)
	}
	_, _ = fmt.Fprintf(w, "run %d, walk %d, crawl %d, not begun %d; %d questions are open\n", a.Reached["run"], a.Reached["walk"], a.Reached["crawl"], a.Reached["none"], a.Open)
}

// writeMeasured says that an answer is kept, and that something else decides.
func writeMeasured(w io.Writer, a apiclient.MaturityAssessment, criterion string) {
	for _, c := range a.Capabilities {
		for _, p := range c.Criteria {
			if p.ID == criterion && p.Figure != nil {
				_, _ = fmt.Fprintf(w, "%s is measured (%v, of %s): that decides, and the answer counts where the measure is not known\n", criterion, p.Figure.Value, p.Figure.From)
			}
		}
	}
}

// proofs are all criteria as rows.
func proofs(a apiclient.MaturityAssessment) [][]string {
	rows := [][]string{}
	for _, c := range a.Capabilities {
		for _, p := range c.Criteria {
			row := []string{c.Domain, c.Name, string(c.Level), p.ID, string(p.Level), p.Text, string(p.State), string(p.Source), "", "", "", ""}
			if p.Figure != nil {
				row[8] = strconv.FormatFloat(p.Figure.Value, 'f', -1, 64)
			}
			if p.Answer != nil {
				row[9], row[10], row[11] = p.Answer.By, p.Answer.At.UTC().Format("2006-01-02"), p.Answer.Note
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func writeCSV(w io.Writer, header []string, rows [][]string) error {
	c := csv.NewWriter(w)
	for _, row := range append([][]string{header}, rows...) {
		for i, v := range row {
			row[i] = inert(v)
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// inert keeps a spreadsheet from calculating what somebody wrote into a tag or a note.
func inert(v string) string {
	if v == "" || !strings.ContainsRune("=+@\t\r-", rune(v[0])) {
		return v
	}
	if _, err := strconv.ParseFloat(v, 64); err == nil {
		return v
	}
	return "'" + v
}
