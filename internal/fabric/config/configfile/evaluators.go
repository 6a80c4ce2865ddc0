package configfile

import (
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// evaluators are the rules that the flags of a file share, as flagd calls them.
const evaluators = "$evaluators"

// reference is what stands for one of them: {$ref: NAME}.
const reference = "$ref"

// shared are the rules of a file by their names.
type shared map[string]any

// sharedRules reads them. None refers to another: what a flag gets is in two places at most.
func sharedRules(o yamldoc.Object) shared {
	out := shared{}
	rules, ok := o.Get(evaluators)
	if !ok {
		return out
	}
	rules.EachKey(func(name, v yamldoc.Value) {
		rule := v.Exact()
		if refersToShared(rule) {
			v.Problem("write the other rule out here", "the shared rule %s refers to another one", name.Text())
			return
		}
		out[name.Text()] = rule
	})
	return out
}

func refersToShared(rule any) bool {
	switch r := rule.(type) {
	case []any:
		return slices.ContainsFunc(r, refersToShared)
	case map[string]any:
		if _, is := r[reference]; is {
			return true
		}
		return slices.ContainsFunc(slices.Collect(maps.Values(r)), refersToShared)
	}
	return false
}

// put returns a rule with the shared ones in the place of their names.
func (s shared) put(rule any, at yamldoc.Value) any {
	switch r := rule.(type) {
	case []any:
		out := make([]any, len(r))
		for i := range r {
			out[i] = s.put(r[i], at)
		}
		return out
	case map[string]any:
		if name, is := r[reference].(string); is && len(r) == 1 {
			return s.named(name, at)
		}
		out := make(map[string]any, len(r))
		for k, v := range r {
			out[k] = s.put(v, at)
		}
		return out
	}
	return rule
}

func (s shared) named(name string, at yamldoc.Value) any {
	rule, ok := s[name]
	if ok {
		return rule
	}
	names := slices.Sorted(maps.Keys(s))
	fix := "write it below " + evaluators + " of this file"
	if near := yamldoc.Nearest(name, names); near != "" {
		fix = "did you mean " + near + "?"
	} else if len(names) > 0 {
		fix += "; there are " + strings.Join(names, ", ")
	}
	at.Problem(fix, "there is no shared rule %s", name)
	return nil
}
