package run

import "github.com/terrace-idp/terrace/internal/platform/conceal"

// hiddenText stands where a value was that gates have found in a plan.
const hiddenText = "(secret)"

// hide cuts what gates have found out of what people read of the plan and of the workload.
func (d *Dossier) hide(gates []GateResult) {
	values := conceal.Of()
	for _, g := range gates {
		for _, value := range g.Hidden {
			values.Add(value)
		}
	}
	if values.Empty() {
		return
	}
	for i := range d.Plan.Changes {
		hideIn(values, d.Plan.Changes[i].Values)
	}
	hideIn(values, d.Plan.Outputs)
	hideIn(values, d.Spec)
	for i, f := range d.Plan.Files {
		d.Plan.Files[i].Diff = values.Cut(f.Diff, hiddenText)
	}
}

func hideIn(values *conceal.Values, changes []ValueChange) {
	for i, c := range changes {
		changes[i].Before, changes[i].After = hidden(values, c.Before), hidden(values, c.After)
	}
}

// hidden is a value without the others, wherever they are in it.
func hidden(values *conceal.Values, in any) any {
	switch in := in.(type) {
	case string:
		return values.Cut(in, hiddenText)
	case []any:
		out := make([]any, len(in))
		for i, inner := range in {
			out[i] = hidden(values, inner)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(in))
		for name, inner := range in {
			out[name] = hidden(values, inner)
		}
		return out
	}
	return in
}
