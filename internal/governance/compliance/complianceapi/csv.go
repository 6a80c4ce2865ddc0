package complianceapi

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
)

// writeCSV writes a line for each control, project and stage; a control that was
// evaluated nowhere has one without them.
func writeCSV(w io.Writer, r compliance.Report) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"framework", "day", "control", "project", "stage", "outcome", "policies", "stacks", "failing", "findings", "resources", "exempted"}}
	for _, c := range r.Controls {
		rows = append(rows, lines(r, c)...)
		for _, row := range rows {
			for i := range row {
				row[i] = harmless(row[i])
			}
			if err := out.Write(row); err != nil {
				return err
			}
		}
		rows = rows[:0]
		if out.Flush(); out.Error() != nil {
			return out.Error()
		}
	}
	return nil
}

func lines(r compliance.Report, c compliance.Control) [][]string {
	first := func(project, stage string, o compliance.Outcome) []string {
		return []string{r.Framework, r.Summary.Day, c.ID, project, stage, string(o), strconv.Itoa(len(c.Policies))}
	}
	if len(c.Places) == 0 {
		return [][]string{append(first("", "", c.Outcome), "0", "0", "0", "0", "0")}
	}
	var rows [][]string
	for _, p := range c.Places {
		row := first(p.Project, p.Stage, p.Outcome)
		for _, n := range []int{p.Stacks, p.Failing, p.Findings, p.Resources, p.Exempted} {
			row = append(row, strconv.Itoa(n))
		}
		rows = append(rows, row)
	}
	return rows
}

// harmless keeps a program that opens CSV from taking a text for a formula.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}
