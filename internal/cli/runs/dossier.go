package runs

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/watch"
)

// Detail bounds what of a dossier is shown; 0 is all.
type Detail struct {
	// Changes is how many resources, Values how many values of each.
	Changes, Values int
}

// Short is what a person reads at once.
func Short() Detail { return Detail{Changes: 50, Values: 8} }

func (d Detail) changes(n int) int { return bound(d.Changes, n) }

func (d Detail) values(n int) int { return bound(d.Values, n) }

func bound(most, n int) int {
	if most == 0 {
		return n
	}
	return min(most, n)
}

// allOf returns a dossier with the changes of all its pages.
func allOf(ctx context.Context, s command.Server, project, id string) (apiclient.GetDossierResponse, error) {
	all, err := s.DossierPage(ctx, project, id, apiclient.GetDossierParams{Limit: 1000})
	for next := all.Next; next != "" && err == nil; {
		var page apiclient.GetDossierResponse
		page, err = s.DossierPage(ctx, project, id, apiclient.GetDossierParams{Limit: 1000, Cursor: next})
		all.Dossier.Plan.Changes = append(all.Dossier.Plan.Changes, page.Dossier.Plan.Changes...)
		all.Omitted += page.Omitted
		next = page.Next
	}
	all.Next = ""
	return all, err
}

// WriteDossier writes what an approver needs to know, what destroys first.
func WriteDossier(w io.Writer, found apiclient.GetDossierResponse, detail Detail, now time.Time) {
	d := found.Dossier
	from := "nothing"
	if d.Deployed != nil {
		from = releaseName(*d.Deployed)
	}
	_, _ = fmt.Fprintf(w, "%s of %s to %s, asked for by %s\n", d.Operation, d.Workload, d.Stage, d.RequestedBy.Name)
	if d.Reason != "" {
		_, _ = fmt.Fprintf(w, "  because: %s\n", output.Told(now, d.Reason))
	}
	_, _ = fmt.Fprintf(w, "  release: %s, in place of %s\n", releaseName(d.Release), from)
	if d.Availability != nil {
		writeAvailability(w, *d.Availability)
	}
	_, _ = fmt.Fprintf(w, "  plan: %s\n", watch.PlanLine(d.Plan.Summary))
	for _, in := range d.Inputs {
		WriteInput(w, in)
	}
	WriteChanges(w, found, detail)
	WriteGraph(w, d.GraphChanges)
	WriteSpec(w, d, detail)
	for _, g := range d.Gates {
		_, _ = fmt.Fprintf(w, "  gate %s %s: %s\n", g.Gate, OutcomeOf(g), output.Told(now, g.Message))
		writeFindings(w, "    ", g, detail, now)
		writeAssumptions(w, g)
	}
	if found.Omitted > 0 {
		_, _ = fmt.Fprintf(w, "  %d parts are left out here; the API's content of the dossier has all %s\n", found.Omitted, output.Size(found.Size))
	}
}

// writeAssumptions writes what the cost of a plan rests on.
func writeAssumptions(w io.Writer, g apiclient.RunGateResult) {
	if g.Cost == nil {
		return
	}
	for _, a := range g.Cost.Assumptions {
		_, _ = fmt.Fprintf(w, "    %s: %s is taken as %s: %s\n", a.Address, a.Attribute, a.Assumed, a.Reason)
	}
	for _, text := range g.Cost.Warnings {
		_, _ = fmt.Fprintf(w, "    %s\n", text)
	}
}

// WriteInput writes what a plan takes of another stack.
func WriteInput(w io.Writer, in apiclient.RunInput) {
	value := "(sensitive)"
	if !in.Sensitive {
		value = fmt.Sprint(in.Value)
	}
	_, _ = fmt.Fprintf(w, "  input %s of %s as %s: %s (serial %d, applied by %s)\n", in.Output, in.Stack, in.Resource, value, in.State.Serial, in.Run)
}

func writeAvailability(w io.Writer, a apiclient.RunAvailability) {
	switch {
	case a.Approval != nil:
		_, _ = fmt.Fprintf(w, "  available: approved for %s by %s: %s\n", a.Stage, a.Approval.By.Name, a.Approval.Reason)
	case a.VerifiedAt != nil:
		text := "verified in " + a.Before + " since " + output.Stamp(*a.VerifiedAt)
		if a.Soak != "" {
			text += ", where it must be for " + a.Soak
		}
		_, _ = fmt.Fprintf(w, "  available: %s\n", text)
	}
}

// WriteChanges writes the changes of resources with their values.
func WriteChanges(w io.Writer, found apiclient.GetDossierResponse, detail Detail) {
	changes := found.Dossier.Plan.Changes
	shownNow := detail.changes(len(changes))
	for _, c := range changes[:shownNow] {
		reason := ""
		if c.Deposed != "" {
			reason = " (deposed " + c.Deposed + ")"
		}
		if c.Reason != "" {
			reason += " (" + c.Reason + ")"
		}
		_, _ = fmt.Fprintf(w, "    %s %s%s\n", c.Action, c.Address, reason)
		WriteValues(w, c, detail)
	}
	if more := max(int(found.Changes), len(changes)) - shownNow; more > 0 {
		_, _ = fmt.Fprintf(w, "    and %d more resources: terrace run show %s --all\n", more, found.Dossier.Run)
	}
	for _, v := range found.Dossier.Plan.Outputs {
		_, _ = fmt.Fprintf(w, "    output %s: %s\n", v.Path, change(v))
	}
}

// WriteValues writes the values of one resource that change.
func WriteValues(w io.Writer, c apiclient.RunResourceChange, detail Detail) {
	n := detail.values(len(c.Values))
	for _, v := range c.Values[:n] {
		_, _ = fmt.Fprintf(w, "        %s: %s\n", v.Path, change(v))
	}
	if more := len(c.Values) - n + int(c.OmittedValues); more > 0 {
		_, _ = fmt.Fprintf(w, "        and %d more values\n", more)
	}
}

// change writes a value with what terraform marks of it.
func change(v apiclient.RunValueChange) string {
	text := shown(v, v.Before) + " -> " + shown(v, v.After)
	switch {
	case v.Sensitive:
		text = "(sensitive)"
	case v.Unknown && len(v.Before) == 0:
		text = "(known after apply)"
	case v.Unknown:
		text = shown(v, v.Before) + " -> (known after apply)"
	case len(v.Before) == 0:
		text = shown(v, v.After)
	}
	if v.ForcesReplace {
		text += "  # forces replacement"
	}
	return text
}

// WriteGraph writes which definition and module served a resource, and which do.
func WriteGraph(w io.Writer, nodes []apiclient.RunNodeChange) {
	for _, n := range nodes {
		switch {
		case n.Before == nil && n.After != nil:
			_, _ = fmt.Fprintf(w, "  resource %s %s: %s\n", n.UID, n.Change, served(*n.After))
		case n.After == nil && n.Before != nil:
			_, _ = fmt.Fprintf(w, "  resource %s %s: was %s\n", n.UID, n.Change, served(*n.Before))
		case n.Before != nil && n.After != nil:
			_, _ = fmt.Fprintf(w, "  resource %s %s: %s -> %s\n", n.UID, n.Change, served(*n.Before), served(*n.After))
		}
	}
}

func served(n apiclient.RunNodeView) string {
	return fmt.Sprintf("definition %s with module %s %s", n.Definition, n.Module, n.Version)
}

// WriteSpec writes what of the workload differs.
func WriteSpec(w io.Writer, d apiclient.RunDossier, detail Detail) {
	if d.Deployed == nil {
		_, _ = fmt.Fprintln(w, "  workload: all of it is new here")
		return
	}
	n := detail.changes(len(d.WorkloadChanges))
	for _, v := range d.WorkloadChanges[:n] {
		_, _ = fmt.Fprintf(w, "  workload %s: %s -> %s\n", v.Path, shown(v, v.Before), shown(v, v.After))
	}
	if more := len(d.WorkloadChanges) - n; more > 0 {
		_, _ = fmt.Fprintf(w, "  and %d more changes of the workload\n", more)
	}
}

func shown(v apiclient.RunValueChange, raw []byte) string {
	switch {
	case v.Sensitive:
		return "(sensitive)"
	case len(raw) == 0 && v.Unknown:
		return "(known after apply)"
	case len(raw) == 0:
		return "(nothing)"
	case len(raw) > 80:
		return string(raw[:80]) + "…"
	}
	return string(raw)
}
