package rego

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/builtins"

	"github.com/terrace-idp/terrace/internal/governance/policy"
)

// result is one word of the policy, with what its metadata says.
func (t *task) result(outcome policy.Outcome, message string) policy.Result {
	p := t.rule.Policy
	return policy.Result{
		Policy: p.ID, Rule: p.Rule, Title: p.Title, Outcome: outcome, Level: t.level, Severity: p.Severity,
		Message: message, Fix: p.Fix, Controls: p.Controls, Source: p.Source,
	}
}

func (t *task) failed(reason string) policy.Result {
	r := t.result(policy.Errored, "the policy could not be evaluated: "+reason)
	r.Fix = "mend the policy in " + t.rule.File
	return r
}

func (t *task) outcome() policy.Outcome {
	if t.rule.Warns() {
		return policy.Warned
	}
	return policy.Violated
}

// read makes results of the value of a rule: a set of texts or objects, as
// Conftest has them, or true.
func (t *task) read(found any) []policy.Result {
	var items []any
	switch v := found.(type) {
	case nil:
	case bool:
		if v {
			return []policy.Result{t.result(t.outcome(), "is refused")}
		}
	case []any:
		items = v
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			items = append(items, v[key])
		}
	default:
		items = []any{v}
	}
	return t.all(items)
}

func (t *task) all(items []any) []policy.Result {
	var results []policy.Result
	for i, item := range items {
		if i == MaxResults {
			results = append(results, t.result(t.outcome(), fmt.Sprintf("and %d more", len(items)-i)))
			break
		}
		results = append(results, t.one(item))
	}
	return results
}

func (t *task) one(item any) policy.Result {
	switch v := item.(type) {
	case string:
		return t.result(t.outcome(), v)
	case map[string]any:
		return t.object(v)
	default:
		return t.failed(fmt.Sprintf("%s holds %v, which is neither text nor an object with msg", t.rule.Rule, item))
	}
}

// object reads a finding of the library, or an object as Conftest has it.
func (t *task) object(v map[string]any) policy.Result {
	message, ok := v["message"].(string)
	if !ok {
		message, ok = v["msg"].(string)
	}
	if !ok {
		return t.failed(t.rule.Rule + " holds an object without msg")
	}
	r := t.result(t.outcome(), message)
	for key, value := range v {
		text, isText := value.(string)
		switch {
		case key == "message", key == "msg":
		case key == "address" && isText:
			r.Address = text
		case key == "type" && isText:
			r.Type = text
		case key == "attribute" && isText:
			r.Attribute = text
		case key == "fix" && isText:
			r.Fix = text
		default:
			r.Details = with(r.Details, key, value)
		}
	}
	return r
}

func with(details map[string]any, key string, value any) map[string]any {
	if details == nil {
		details = map[string]any{}
	}
	details[key] = value
	return details
}

// judge takes the errors of builtin functions. Rego goes on after them as if
// there were nothing, and a policy that overlooks something must not pass: they
// are errors of the policy. An argument of the wrong type, such as null for
// text, is what policies count on; it is only noted. An error that comes for each
// resource of a plan is told once: told for each, it would crowd out what else is found.
func (t *task) judge(wrong []topdown.Error) {
	told := map[string]bool{}
	for _, e := range wrong {
		if !fails(e) {
			t.notices = append(t.notices, policy.Notice{Policy: t.rule.ID, File: e.Location.File, Line: e.Location.Row, Message: e.Message})
			continue
		}
		if reason := fmt.Sprintf("%s:%d:%d: %s", e.Location.File, e.Location.Row, e.Location.Col, e.Message); !told[reason] {
			told[reason] = true
			t.results = append(t.results, t.failed(reason))
		}
	}
	t.notices = slices.CompactFunc(t.notices, func(a, b policy.Notice) bool { return a == b })
}

// fails reports whether an error of a builtin function is one of the policy.
func fails(e topdown.Error) bool {
	_, ofNative := errors.AsType[builtins.ErrOperand](&e) // those have another code, whatever is wrong
	return e.Code != topdown.TypeErr && !ofNative
}

// except applies the exceptions of the package: each is a list of suffixes of
// rules that do not hold for the input, "" being deny itself.
func (t *task) except(exceptions any) {
	lists, _ := exceptions.([]any)
	for _, list := range lists {
		names, _ := list.([]any)
		if !slices.Contains(names, any(t.rule.Suffix())) {
			continue
		}
		for i := range t.results {
			if t.results[i].Outcome != policy.Errored {
				t.results[i].Outcome = policy.Excepted
			}
		}
		return
	}
}
