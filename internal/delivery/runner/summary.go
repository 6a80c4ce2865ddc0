package runner

import (
	"cmp"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"
)

func summarise(plan *tfjson.Plan) Summary {
	s := Summary{Changes: []Change{}}
	for _, rc := range plan.ResourceChanges {
		if rc.Mode != tfjson.ManagedResourceMode || rc.Change == nil {
			continue
		}
		change := Change{Address: rc.Address, Type: rc.Type, Action: actionOf(rc.Change.Actions)}
		s.count(change.Action)
		if change.Action != Noop {
			s.Changes = append(s.Changes, change)
		}
	}
	slices.SortStableFunc(s.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Action.weight(), b.Action.weight()), cmp.Compare(a.Address, b.Address))
	})
	return s
}

func (s *Summary) count(a Action) {
	switch a {
	case Create:
		s.Create++
	case Update:
		s.Update++
	case Replace:
		s.Replace++
	case Delete:
		s.Delete++
	case Forget:
		s.Forget++
	case Noop:
		s.Noop++
	}
}

func actionOf(a tfjson.Actions) Action {
	switch {
	case a.Replace():
		return Replace
	case a.Delete():
		return Delete
	case a.Update():
		return Update
	case a.Create():
		return Create
	case a.Forget():
		return Forget
	default:
		return Noop
	}
}

// weight sorts the most destructive action first.
func (a Action) weight() int {
	return slices.Index([]Action{Delete, Replace, Forget, Update, Create, Noop}, a)
}
