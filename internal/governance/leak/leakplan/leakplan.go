package leakplan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
)

const (
	// shortest is how long a value must be to be looked at, in bytes.
	shortest = 8
	// mostText bounds what is looked at of a plan, in bytes.
	mostText = 16 << 20
	// deepest bounds values in each other.
	deepest = 200
)

// Place is where a value stands.
type Place struct {
	// Address is that of a resource, var.NAME, output.NAME or provider.NAME.
	Address string
	// Attribute is the place in it, such as site_config[0].app_settings.KEY.
	Attribute string
	// Constant says that it is one of the configuration.
	Constant bool
}

// Text is what a plan shows, a value after the other, each after its name.
type Text struct {
	Text string
	// LeftOut is how many values are not in it, as there are too many.
	LeftOut int

	// lines are where the values begin that places are of.
	lines  []int
	places []Place
}

// At is the place of what stands in a line, from 1.
func (t Text) At(line int) Place {
	i := sort.SearchInts(t.lines, line+1) - 1
	if i < 0 {
		return Place{}
	}
	return t.places[i]
}

// Of lays a plan or a state out, as `terraform show -json` writes it, from which what is marked as
// sensitive has been taken. A constant of the configuration is left out where the
// resource that it is of has it.
func Of(document map[string]any) Text {
	w := writer{line: 1, shown: map[string]bool{}}
	for _, item := range list(document["resource_changes"]) {
		change := object(item)
		w.value(Place{Address: text(change["address"])}, "", object(change["change"])["after"], deepest)
	}
	for name, change := range sorted(object(document["output_changes"])) {
		w.value(Place{Address: "output." + name}, name, object(change)["after"], deepest)
	}
	w.state(object(document["values"]))
	declared := object(object(object(document["configuration"])["root_module"])["variables"])
	for name, variable := range sorted(object(document["variables"])) {
		if object(declared[name])["sensitive"] != true {
			w.value(Place{Address: "var." + name}, name, object(variable)["value"], deepest)
		}
	}
	w.configuration(object(document["configuration"]))
	return Text{Text: w.out.String(), LeftOut: w.leftOut, lines: w.lines, places: w.places}
}

type writer struct {
	out     strings.Builder
	line    int
	lines   []int
	places  []Place
	leftOut int
	// shown are the texts that resources have.
	shown map[string]bool
}

// state writes what a state shows, where the document is one.
func (w *writer) state(values map[string]any) {
	for name, output := range sorted(object(values["outputs"])) {
		w.value(Place{Address: "output." + name}, name, object(output)["value"], deepest)
	}
	w.stateModule(object(values["root_module"]), deepest)
}

func (w *writer) stateModule(m map[string]any, deep int) {
	if deep == 0 {
		w.leftOut++
		return
	}
	for _, item := range list(m["resources"]) {
		r := object(item)
		w.value(Place{Address: text(r["address"])}, "", r["values"], deepest)
	}
	for _, child := range list(m["child_modules"]) {
		w.stateModule(object(child), deep-1)
	}
}

// value writes the texts of a value, each after the name by which it is known.
func (w *writer) value(at Place, name string, v any, deep int) {
	if deep == 0 {
		w.leftOut++
		return
	}
	switch v := v.(type) {
	case string:
		w.write(at, name, v)
	case []any:
		for i, inner := range v {
			w.value(at.item(i), name, inner, deep-1)
		}
	case map[string]any:
		said := named(v)
		for key, inner := range sorted(v) {
			known := key
			if key == "value" && said != "" {
				known = said
			}
			w.value(at.member(key), known, inner, deep-1)
		}
	}
}

// named is the name that an object gives its value: as settings have it in lists.
func named(v map[string]any) string {
	return cmp.Or(text(v["name"]), text(v["key"]))
}

func (w *writer) write(at Place, name, value string) {
	if len(value) < shortest {
		return
	}
	if w.out.Len()+len(name)+len(value) > mostText {
		w.leftOut++
		return
	}
	w.shown[value] = true
	name, value = strings.ReplaceAll(name, "\x00", " "), strings.ReplaceAll(value, "\x00", " ") // else it were no text
	w.lines, w.places = append(w.lines, w.line), append(w.places, at)
	fmt.Fprintf(&w.out, "%s = \"%s\"\n", name, value)
	w.line += 1 + strings.Count(name, "\n") + strings.Count(value, "\n")
}

// configuration writes the constants of a configuration.
func (w *writer) configuration(c map[string]any) {
	for name, provider := range sorted(object(c["provider_config"])) {
		w.expressions(Place{Address: "provider." + name}, object(provider)["expressions"], deepest)
	}
	w.module("", object(c["root_module"]), deepest)
}

func (w *writer) module(prefix string, m map[string]any, deep int) {
	if deep == 0 {
		w.leftOut++
		return
	}
	for name, variable := range sorted(object(m["variables"])) {
		if v := object(variable); v["sensitive"] != true {
			w.constant(Place{Address: prefix + "var." + name, Attribute: "default"}, name, v["default"])
		}
	}
	for _, item := range list(m["resources"]) {
		r := object(item)
		w.expressions(Place{Address: prefix + text(r["address"])}, r["expressions"], deepest)
	}
	for name, output := range sorted(object(m["outputs"])) {
		if o := object(output); o["sensitive"] != true {
			w.expressions(Place{Address: prefix + "output." + name}, map[string]any{name: o["expression"]}, deepest)
		}
	}
	for name, call := range sorted(object(m["module_calls"])) {
		below := prefix + "module." + name
		w.expressions(Place{Address: below}, object(call)["expressions"], deepest)
		w.module(below+".", object(object(call)["module"]), deep-1)
	}
}

// expressions writes the constants of expressions by name, which may be blocks.
func (w *writer) expressions(at Place, v any, deep int) {
	if deep == 0 {
		w.leftOut++
		return
	}
	switch v := v.(type) {
	case []any:
		for i, inner := range v {
			w.expressions(at.item(i), inner, deep-1)
		}
	case map[string]any:
		for name, inner := range sorted(v) {
			if constant, ok := object(inner)["constant_value"]; ok {
				w.constant(at.member(name), name, constant)
				continue
			}
			w.expressions(at.member(name), inner, deep-1)
		}
	}
}

// constant writes a value that no resource shows.
func (w *writer) constant(at Place, name string, v any) {
	if t, ok := v.(string); ok && w.shown[t] {
		return
	}
	at.Constant = true
	w.value(at, name, v, deepest)
}

func (p Place) item(i int) Place {
	p.Attribute += "[" + strconv.Itoa(i) + "]"
	return p
}

func (p Place) member(name string) Place {
	switch {
	case strings.ContainsAny(name, ".[]\" \n"):
		p.Attribute += "[" + strconv.Quote(name) + "]"
	case p.Attribute == "":
		p.Attribute = name
	default:
		p.Attribute += "." + name
	}
	return p
}

// sorted are the members of an object by name.
func sorted(v map[string]any) func(yield func(string, any) bool) {
	return func(yield func(string, any) bool) {
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if !yield(name, v[name]) {
				return
			}
		}
	}
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func text(v any) string {
	t, _ := v.(string)
	return t
}
