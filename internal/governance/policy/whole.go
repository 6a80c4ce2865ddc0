package policy

import "slices"

// whole is the policy that a plan is whole, for where no source has it: what Terrace
// ships has a rule by that name, and levels of and exemptions from it count for both.
func whole() Policy {
	return Policy{
		ID: "terraform-lifecycle-complete", Package: "terrace.terraform.lifecycle.complete", Rule: "deny", Title: "A plan is whole",
		Severity: High, Level: SoftMandatory, Fix: "Mend what the plan says, and plan again without targets.",
		Controls: Controls{"iso-27001-2022": {"A.8.32"}}, Resources: []string{"*"}, Source: "terrace",
	}
}

// JudgeWhole adds what there is to say of a plan that says of itself that it has errors
// or is not complete, unless a policy of the report was asked that: rules pass over what
// is not in a plan. The level is that of policies; nil is their own.
func (r *Report) JudgeWhole(in Input, level func(Policy) (Level, bool)) {
	p := whole()
	said := unfinished(in)
	if len(said) == 0 || slices.Contains(r.Evaluated, p.ID) {
		return
	}
	holds, on := p.Level, true
	if level != nil {
		holds, on = level(p)
	}
	if !on {
		return
	}
	r.Evaluated = append(r.Evaluated, p.ID)
	for _, message := range said {
		r.Results = append(r.Results, Result{
			Policy: p.ID, Rule: p.Rule, Title: p.Title, Outcome: Violated, Level: holds, Severity: p.Severity,
			Address: "plan", Message: message, Fix: p.Fix, Controls: p.Controls, Source: p.Source,
		})
	}
	r.Sort()
}

// unfinished is what a plan lacks by its own word. A run that accepts what was changed
// outside asks for a part alone.
func unfinished(in Input) []string {
	var said []string
	if in.Document["errored"] == true {
		said = append(said, "has errors")
	}
	if in.Document["complete"] == false && in.Context.Operation != "refresh" {
		said = append(said, "is not complete")
	}
	return said
}
