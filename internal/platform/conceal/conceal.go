// Package conceal finds values that are shown to nobody where they turn up in
// other texts: as they are, within a text or over several of its lines, and as
// JSON, base64, hex and addresses have them.
//
// It owns those forms, and how they are found in a text that is whole or comes in
// pieces. Which values are secret its callers know, by terraform's marks or by name.
package conceal

import (
	"encoding/json"
	"strings"
	"sync"
)

const (
	// shortest is how long a value must be to be found elsewhere, in bytes: a shorter one
	// would take innocent words along.
	shortest = 6
	// mostEncoded bounds the forms that are made of values, in bytes: of values beyond
	// it only those are looked for that are as long as they are.
	mostEncoded = 64 << 20
)

// Values are what is shown to nobody. The zero value has none. Values may be asked
// by several at once, but not while one is added.
type Values struct {
	// seen are the values that were added, forms what is looked for of them.
	seen  map[string]bool
	forms map[string]kind
	// encoded is how long the forms are together, in bytes.
	encoded int

	making sync.Mutex
	made   *index
}

// kind tells what of a form is looked for, and how what is written in it looks.
type kind int8

const (
	// whole is a form that is looked for as it is.
	whole kind = iota
	// inBase64 and inHex are those that are broken into lines anywhere: parts of them
	// are looked for, too.
	inBase64
	inHex
)

// Of returns the texts in JSON values, wherever they are in them.
func Of(values ...any) *Values {
	v := &Values{}
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
	if len(value) < shortest || v.seen[value] {
		return
	}
	if v.forms == nil {
		v.seen, v.forms = map[string]bool{}, map[string]kind{}
	}
	v.seen[value], v.made = true, nil
	v.add(value, inBase64, inHex)
	if !strings.Contains(value, "\n") {
		return
	}
	for _, line := range lines(value) {
		v.add(line, whole, whole)
	}
	for _, body := range bodies(value) {
		v.form(body, inBase64)
	}
}

// add takes along all forms of a value, and of one too many those that are no longer
// than it is; letters and digits say what those in base64 and in hex are looked for as.
func (v *Values) add(value string, letters, digits kind) {
	v.form(value, whole)
	for _, form := range spelled(value) {
		v.form(form, whole)
	}
	if v.encoded > mostEncoded {
		return
	}
	for _, form := range inDigits(value) {
		v.form(form, digits)
	}
	for _, form := range inLetters(value) {
		v.form(form, letters)
	}
}

func (v *Values) form(form string, of kind) {
	if len(form) < shortest {
		return
	}
	if known, ok := v.forms[form]; ok && known != whole {
		return
	}
	v.forms[form] = of
	v.encoded += len(form)
}

// index is what finds the values of now.
func (v *Values) index() *index {
	v.making.Lock()
	defer v.making.Unlock()
	if v.made == nil {
		v.made = indexOf(v.forms)
	}
	return v.made
}

// In reports whether a JSON value, or a name in it, has any of them.
func (v *Values) In(value any) bool { return !v.Empty() && v.index().in(value) }

// Cut puts with in the place of each of them in a text.
func (v *Values) Cut(text, with string) string {
	if v.Empty() {
		return text
	}
	return v.index().cut(text, with)
}

// Cutter returns what Cut does with the values of now, for many texts.
func (v *Values) Cutter(with string) func(text string) string {
	if v.Empty() {
		return func(text string) string { return text }
	}
	index := v.index()
	return func(text string) string { return index.cut(text, with) }
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
