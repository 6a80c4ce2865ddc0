package rego

import (
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// index is what the library makes of the changes of a plan, made here: with a
// thousand resources Rego takes a tenth of a second for it. It is at
// input.terrace.plan; the library makes the same where it is not there.
func index(document ast.Object) *ast.Term {
	changes := array(document, "resource_changes")
	if changes == nil {
		return nil
	}
	indices := regexp.MustCompile(`\[("[^"]*"|\d+)\]`)
	var all, existing []*ast.Term
	types := map[string][]*ast.Term{}
	changes.Foreach(func(t *ast.Term) {
		c, ok := t.Value.(ast.Object)
		if !ok || text(c, "mode", "managed") != "managed" {
			return
		}
		r, gone := resource(c, indices)
		all = append(all, r)
		if !gone {
			existing = append(existing, r)
			types[text(c, "type", "")] = append(types[text(c, "type", "")], r)
		}
	})
	byType := ast.NewObject()
	for name, list := range types {
		byType.Insert(ast.StringTerm(name), ast.ArrayTerm(list...))
	}
	return ast.ObjectTerm(
		[2]*ast.Term{ast.StringTerm("resources"), ast.ArrayTerm(all...)},
		[2]*ast.Term{ast.StringTerm("existing"), ast.ArrayTerm(existing...)},
		[2]*ast.Term{ast.StringTerm("by_type"), ast.NewTerm(byType)},
	)
}

// resource is what the library's change_of makes of a change.
func resource(c ast.Object, indices *regexp.Regexp) (r *ast.Term, gone bool) {
	change, _ := get(c, "change").(ast.Object)
	if change == nil {
		change = ast.NewObject()
	}
	actions, ok := get(change, "actions").(*ast.Array)
	if !ok {
		actions = ast.NewArray(ast.StringTerm("no-op"))
	}
	address := text(c, "address", "")
	config := indices.ReplaceAllString(address, "")
	name := text(c, "name", config[strings.LastIndex(config, ".")+1:])
	fields := map[string]*ast.Term{
		"address": ast.StringTerm(address), "config": ast.StringTerm(config), "type": ast.StringTerm(text(c, "type", "")),
		"name": ast.StringTerm(name), "module": ast.StringTerm(moduleOf(c, config, name, indices)), "actions": ast.NewTerm(actions),
		"values": object(change, "after"), "before": object(change, "before"), "unknown": object(change, "after_unknown"),
	}
	o := ast.NewObject()
	for key, value := range fields {
		o.Insert(ast.StringTerm(key), value)
	}
	only := ""
	if actions.Len() == 1 {
		only = strings.Trim(actions.Elem(0).String(), `"`)
	}
	return ast.NewTerm(o), slices.Contains([]string{"delete", "forget"}, only)
}

func moduleOf(c ast.Object, config, name string, indices *regexp.Regexp) string {
	if module := text(c, "module_address", ""); module != "" {
		return indices.ReplaceAllString(module, "") + "."
	}
	if !strings.HasPrefix(config, "module.") {
		return ""
	}
	return strings.TrimSuffix(config, text(c, "type", "")+"."+name)
}

func get(o ast.Object, key string) ast.Value {
	if t := o.Get(ast.StringTerm(key)); t != nil {
		return t.Value
	}
	return nil
}

func array(o ast.Object, key string) *ast.Array {
	a, _ := get(o, key).(*ast.Array)
	return a
}

func object(o ast.Object, key string) *ast.Term {
	if v, ok := get(o, key).(ast.Object); ok {
		return ast.NewTerm(v)
	}
	return ast.ObjectTerm()
}

func text(o ast.Object, key, fallback string) string {
	if s, ok := get(o, key).(ast.String); ok {
		return string(s)
	}
	return fallback
}
