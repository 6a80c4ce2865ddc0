package runs

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// writeGates writes what the gates said of the plan, and of what waited whether it
// still does.
func writeGates(w io.Writer, r apiclient.Run, detail Detail, now time.Time) {
	for _, g := range r.Gates {
		outcome := OutcomeOf(g)
		if g.Outcome == apiclient.RunOutcomeWaiting && past(r, g.Gate) {
			outcome = "passed"
		}
		_, _ = fmt.Fprintf(w, "gate %s (%s) %s: %s\n", g.Gate, g.Level, outcome, output.Told(now, g.Message))
		writeFindings(w, "  ", g, detail, now)
	}
}

// past reports whether a run has what a gate waited for: it was let go on, or was
// approved and waits for its stage alone.
func past(r apiclient.Run, gate string) bool {
	applies := slices.ContainsFunc(r.Phases, func(p apiclient.RunPhase) bool { return p.Name == "apply" })
	return applies || r.Status == apiclient.RunStatusSucceeded || r.Status == apiclient.RunStatusApproved && gate == "approvals"
}

// OutcomeOf is a gate's word. What is advisory and is not kept stops nothing.
func OutcomeOf(g apiclient.RunGateResult) string {
	if g.Level == apiclient.RunLevelAdvisory && g.Outcome == apiclient.RunOutcomeFailed {
		return "warns"
	}
	return string(g.Outcome)
}

// writeFindings writes what stops a run, then what is only told, and what is exempt.
func writeFindings(w io.Writer, indent string, g apiclient.RunGateResult, detail Detail, now time.Time) {
	for _, p := range g.Problems {
		_, _ = fmt.Fprintf(w, "%s%s\n", indent, p)
	}
	more := slices.DeleteFunc(slices.Clone(g.Findings), told)
	n := detail.changes(len(more))
	for _, f := range more[:n] {
		_, _ = fmt.Fprintf(w, "%s%s %s: %s\n", indent, mildly(f), f.Rule, strings.TrimSpace(f.Address+" "+f.Message))
		if x := f.Exemption; x != nil {
			_, _ = fmt.Fprintf(w, "%s  until %s, asked for by %s, approved by %s: %s (%s)\n", indent, output.Moment(now, x.ExpiresAt), x.RequestedBy, x.ApprovedBy, x.Reason, x.ID)
		}
		for _, line := range [][2]string{{"at", f.Attribute}, {"fix", f.Fix}, {"controls", strings.Join(f.Controls, ", ")}} {
			if line[1] != "" {
				_, _ = fmt.Fprintf(w, "%s  %s: %s\n", indent, line[0], line[1])
			}
		}
	}
	if n < len(more) {
		_, _ = fmt.Fprintf(w, "%sand %d more findings that stop nothing: terrace explain has all\n", indent, len(more)-n)
	}
}

// told reports whether the problems of a gate have the finding already: they are what
// stops the run.
func told(f apiclient.RunFinding) bool {
	return f.Exemption == nil && (f.Outcome == "violation" || f.Outcome == "error") && f.Level != "advisory"
}

// mildly is what a finding that stops nothing is.
func mildly(f apiclient.RunFinding) string {
	if f.Outcome == "violation" {
		return cmp.Or(f.Level, "advisory")
	}
	return f.Outcome
}
