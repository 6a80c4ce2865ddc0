package configfile

import (
	"reflect"
	"slices"
	"strings"
)

// Change is one effective value or flag that differs.
type Change struct {
	// Key is that of a value, or flag:KEY of a flag.
	Key string `json:"key"`
	// Before and After are absent where there is none; of a flag they are its definition.
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
	// Targets are the workloads and stages that it is so for, as WORKLOAD@STAGE.
	Targets []string `json:"targets,omitempty"`
}

// Target is a workload at a stage.
type Target struct{ Workload, Stage string }

// String returns WORKLOAD@STAGE, with * for every workload without a layer of its own.
func (t Target) String() string {
	if t.Workload == "" {
		t.Workload = "*"
	}
	return t.Workload + "@" + t.Stage
}

// all are the values and flags of a target; nil has none.
func (s *Set) all(t Target) map[string]any {
	out := map[string]any{}
	if s == nil {
		return out
	}
	for _, e := range s.Effective(t.Workload, t.Stage) {
		out[e.Key] = e.Value
	}
	for _, f := range s.Flags(t.Workload, t.Stage) {
		out["flag:"+f.Key] = f.Flag
	}
	return out
}

// Between returns what differs between what counts for one target in a set, and for
// another, perhaps the same one, in another.
func Between(a *Set, at Target, b *Set, bt Target) []Change {
	before, after := a.all(at), b.all(bt)
	out := []Change{}
	for key, was := range before {
		if is, ok := after[key]; !ok || !reflect.DeepEqual(was, is) {
			out = append(out, Change{Key: key, Before: was, After: is})
		}
	}
	for key, is := range after {
		if _, ok := before[key]; !ok {
			out = append(out, Change{Key: key, After: is})
		}
	}
	slices.SortFunc(out, func(a, b Change) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// Affected returns what differs between two sets over all targets, the same changes of
// several as one.
func Affected(a, b *Set, targets []Target) []Change {
	var out []Change
	of := map[string][]int{} // those of a key, in out
	for _, t := range targets {
		for _, c := range Between(a, t, b, t) {
			same := slices.IndexFunc(of[c.Key], func(i int) bool { return out[i].same(c) })
			if same < 0 {
				same = len(of[c.Key])
				of[c.Key] = append(of[c.Key], len(out))
				out = append(out, c)
			}
			i := of[c.Key][same]
			out[i].Targets = append(out[i].Targets, t.String())
		}
	}
	slices.SortStableFunc(out, func(a, b Change) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// same reports whether another change of the key is the same one.
func (c Change) same(other Change) bool {
	return reflect.DeepEqual(c.Before, other.Before) && reflect.DeepEqual(c.After, other.After)
}
