// Package eventtype knows the types of events and what the data of each is: the
// names that filters may ask for, and the JSON schemas that events name.
//
// It owns that list, which test/events compares with the code that records facts
// and with what a platform really publishes. It knows no event.
package eventtype

import (
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// Prefix begins the type of every event.
const Prefix = "dev.terrace."

// Type is a type of events.
type Type struct {
	// Name is that of the fact, such as run.approved.
	Name string
	// Version grows when its data changes so that a reader could break.
	Version int
	// data are the fields of its data, see fields; empty is no data.
	data string
}

// Find returns a type by the name of its fact.
func Find(name string) (Type, bool) {
	all := All()
	i := slices.IndexFunc(all, func(t Type) bool { return t.Name == name })
	if i < 0 {
		return Type{}, false
	}
	return all[i], true
}

// Path is where the type's schema is, below the address of the API; "" for a type
// without data.
func (t Type) Path() string {
	if t.data == "" {
		return ""
	}
	return "/api/v1/schemas/events/" + t.Name + "/" + strconv.Itoa(t.Version)
}

// Exact tells whether there is a type, with its prefix; near are those that may
// have been meant.
func Exact(whole string) (known bool, near string) {
	return matching(whole, func(name string) bool { return name == whole })
}

// Begins tells whether a type begins so.
func Begins(with string) (known bool, near string) {
	return matching(with, func(name string) bool { return strings.HasPrefix(name, with) })
}

// Ends tells whether a type ends so.
func Ends(with string) (known bool, near string) {
	return matching(with, func(name string) bool { return strings.HasSuffix(name, with) })
}

func matching(asked string, is func(name string) bool) (known bool, near string) {
	var names []string
	for _, t := range All() {
		if is(Prefix + t.Name) {
			return true, ""
		}
		names = append(names, t.Name)
	}
	return false, nearest(strings.TrimPrefix(asked, Prefix), names)
}

// nearest names the types that may have been meant: the one with other letters,
// else all of the thing.
func nearest(asked string, names []string) string {
	if one := yamldoc.Nearest(asked, names); one != "" {
		return Prefix + one
	}
	noun, verb, _ := strings.Cut(asked, ".")
	nouns := slices.Compact(nounsOf(names))
	if one := yamldoc.Nearest(noun, nouns); one != "" && !slices.Contains(nouns, noun) {
		noun = one
	}
	var near []string
	for _, n := range names {
		if strings.HasPrefix(n, noun+".") || verb != "" && strings.HasSuffix(n, "."+verb) {
			near = append(near, Prefix+n)
		}
	}
	return strings.Join(near[:min(len(near), 8)], ", ")
}

func nounsOf(names []string) []string {
	all := make([]string, 0, len(names))
	for _, n := range names {
		noun, _, _ := strings.Cut(n, ".")
		all = append(all, noun)
	}
	slices.Sort(all)
	return all
}
