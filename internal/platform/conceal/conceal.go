// Package conceal finds values that are shown to nobody where they turn up in
// other texts: as they are, within a text, and as JSON, base64, hex and addresses
// have them.
//
// It owns those forms. Which values are secret its callers know, by terraform's
// marks or by name.
package conceal

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

const (
	// shortest is how long a value must be to be found elsewhere, in bytes: a shorter one
	// would take innocent words along.
	shortest = 6
	// shortestLine is the same for one line of a value that has several.
	shortestLine = 16
	// most bounds what is looked for, in bytes: values beyond it are found nowhere else.
	most = 1 << 20
)

// Values are what is shown to nobody. The zero value has none.
type Values struct {
	forms map[string]bool
	size  int
}

// Of returns the texts in JSON values, wherever they are in them.
func Of(values ...any) *Values {
	v := &Values{forms: map[string]bool{}}
	for _, value := range values {
		v.Add(value)
	}
	return v
}

// Add takes the texts of a JSON value along.
func (v *Values) Add(value any) {
	switch value := value.(type) {
	case string:
		v.text(value)
	case []any:
		for _, inner := range value {
			v.Add(inner)
		}
	case map[string]any:
		for _, inner := range value {
			v.Add(inner)
		}
	}
}

// AddMarked takes along what of a JSON value is marked as terraform does it: true for
// all of it, or true at places of an object or a list.
func (v *Values) AddMarked(value, marks any) {
	switch m := marks.(type) {
	case bool:
		if m {
			v.Add(value)
		}
	case map[string]any:
		object, _ := value.(map[string]any)
		for name, inner := range m {
			v.AddMarked(object[name], inner)
		}
	case []any:
		list, _ := value.([]any)
		for i := range min(len(m), len(list)) {
			v.AddMarked(list[i], m[i])
		}
	}
}

// Empty reports whether there is nothing to be found.
func (v *Values) Empty() bool { return v == nil || len(v.forms) == 0 }

func (v *Values) text(value string) {
	value = strings.TrimSpace(value)
	if len(value) < shortest || v.forms[value] || v.size > most {
		return
	}
	if v.forms == nil {
		v.forms = map[string]bool{}
	}
	v.add(value)
	if !strings.Contains(value, "\n") {
		return
	}
	for line := range strings.Lines(value) {
		if line = strings.TrimSpace(line); len(line) >= shortestLine {
			v.add(line)
		}
	}
}

func (v *Values) add(value string) {
	for _, form := range forms(value) {
		if len(form) >= shortest && !v.forms[form] {
			v.forms[form] = true
			v.size += len(form)
		}
	}
}

// In reports whether a JSON value, or a name in it, has any of them.
func (v *Values) In(value any) bool {
	if v.Empty() {
		return false
	}
	switch value := value.(type) {
	case string:
		return v.within(value)
	case []any:
		return slices.ContainsFunc(value, v.In)
	case map[string]any:
		for name, inner := range value {
			if v.within(name) || v.In(inner) {
				return true
			}
		}
	}
	return false
}

func (v *Values) within(text string) bool {
	for form := range v.forms {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

// Cut puts with in the place of each of them in a text.
func (v *Values) Cut(text, with string) string {
	if v.Empty() || !v.within(text) {
		return text
	}
	return v.replacer(with).Replace(text)
}

// Cutter returns what Cut does with the values of now, made once for many texts.
func (v *Values) Cutter(with string) func(text string) string {
	if v.Empty() {
		return func(text string) string { return text }
	}
	return v.replacer(with).Replace
}

// replacer tries the longest form first, so that none leaves the rest of another.
func (v *Values) replacer(with string) *strings.Replacer {
	all := slices.SortedFunc(maps.Keys(v.forms), func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(all))
	for _, form := range all {
		pairs = append(pairs, form, with)
	}
	return strings.NewReplacer(pairs...)
}

// quoted is a text as JSON has it, without its quotes.
func quoted(text string, html bool) string {
	var out strings.Builder
	in := json.NewEncoder(&out)
	in.SetEscapeHTML(html)
	if err := in.Encode(text); err != nil {
		return text // a text is always JSON
	}
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(out.String()), `"`), `"`)
}
