package run

import (
	"cmp"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// The actions of a plan on one resource, what destroys first.
const (
	actionDelete  = "delete"
	actionReplace = "replace"
	actionForget  = "forget"
	actionUpdate  = "update"
	actionCreate  = "create"
	actionNone    = ""

	// reasonImport is that of a change that brings into the state what is there already.
	reasonImport = "import"
)

// planView tells a plan for people: counts, and changes with what destroys first.
func planView(p *tfjson.Plan) PlanView {
	view := PlanView{Changes: []ResourceChange{}, Outputs: []ValueChange{}}
	if p == nil {
		return view
	}
	for _, rc := range p.ResourceChanges {
		if rc == nil || rc.Change == nil || rc.Mode == tfjson.DataResourceMode {
			continue
		}
		action, reason := actionOf(rc.Change.Actions), string(rc.ActionReason)
		if rc.Change.Importing != nil && (action == actionNone || action == actionUpdate) {
			action, reason = actionUpdate, reasonImport // the state changes, whether the resource does or not
		}
		view.Summary.count(action)
		if action == actionNone {
			continue
		}
		view.Changes = append(view.Changes, ResourceChange{
			Address: rc.Address, Type: rc.Type, Action: action, Reason: reason, Deposed: rc.DeposedKey,
			Values: changesOf(rc.Change),
		})
	}
	view.outputs(p)
	slices.SortStableFunc(view.Changes, func(a, b ResourceChange) int {
		return cmp.Or(cmp.Compare(rank(a.Action), rank(b.Action)), natural(a.Address, b.Address))
	})
	return view
}

func (v *PlanView) outputs(p *tfjson.Plan) {
	for name, change := range p.OutputChanges {
		if change == nil || change.Actions.NoOp() {
			continue
		}
		v.Summary.Outputs++
		for _, c := range changesOf(change) {
			c.Path = within(name, c.Path)
			v.Outputs = append(v.Outputs, c)
		}
	}
	slices.SortFunc(v.Outputs, func(a, b ValueChange) int { return natural(a.Path, b.Path) })
}

// within is a place in the value of an output.
func within(output, path string) string {
	if path == "" || strings.HasPrefix(path, "[") {
		return output + path
	}
	return output + "." + path
}

func actionOf(a tfjson.Actions) string {
	switch {
	case a.Replace():
		return actionReplace
	case a.Delete():
		return actionDelete
	case a.Create():
		return actionCreate
	case a.Update():
		return actionUpdate
	case slices.Contains(a, tfjson.ActionForget):
		return actionForget
	default:
		return actionNone
	}
}

func (p *Plan) count(action string) {
	switch action {
	case actionCreate:
		p.Create++
	case actionUpdate:
		p.Update++
	case actionReplace:
		p.Replace++
	case actionDelete, actionForget:
		p.Delete++
	default:
		p.NoOp++
	}
}

func rank(action string) int {
	return slices.Index([]string{actionDelete, actionReplace, actionForget, actionUpdate, actionCreate}, action)
}
