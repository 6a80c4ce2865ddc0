package cost

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Warnings are what of the usage changed nothing in the estimates that were made
// with it: addresses and types that there are none of, and keys that no cost reads.
func (u *Usage) Warnings() []kernel.Problem {
	if u == nil {
		return nil
	}
	out := slices.Clone(u.warnings)
	for address, t := range u.resources {
		out = append(out, u.unread(address, t, func(a string, _ *reads) bool { return a == address || instances(a) == address })...)
	}
	for typ, t := range u.types {
		if u.has(typ) {
			out = append(out, u.unread(typ, t, func(_ string, r *reads) bool { return r.typ == typ })...)
		}
	}
	slices.SortFunc(out, func(a, b warning) int {
		if a.at.Line != b.at.Line {
			return a.at.Line - b.at.Line
		}
		return a.at.Column - b.at.Column
	})
	return u.problems(out)
}

// Counted is what of the usage counts in the estimates that were made with it.
func (u *Usage) Counted() []Assumption {
	if u == nil {
		return nil
	}
	var out []Assumption
	for address, r := range u.seen {
		for _, layer := range u.layers(&Resource{Address: address, Type: r.typ}) {
			for path, at := range layer.keys {
				if isRead(r.paths, path) {
					name := strings.ReplaceAll(path, "\x00", ".")
					out = append(out, Assumption{Address: address, Attribute: name, Place: fmt.Sprintf("%s:%d", u.path, at.Line), Assumed: at.Value, Reason: "told as expected use"})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b Assumption) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(a.Place, b.Place))
	})
	return out
}

// has tells whether a resource of the type was estimated: defaults of types may be
// for others.
func (u *Usage) has(typ string) bool {
	for _, r := range u.seen {
		if r.typ == typ {
			return true
		}
	}
	return false
}

func (u *Usage) unread(name string, t *told, matches func(string, *reads) bool) []warning {
	found, described := false, false
	read := map[string]asked{}
	for address, r := range u.seen {
		if matches(address, r) {
			found, described = true, described || r.described
			maps.Copy(read, r.paths)
		}
	}
	switch {
	case !found:
		return []warning{{t.at, "there is no resource " + name + ": what is told of it changes nothing", didYouMean(name, u.addresses(), "Write the address as the estimate shows it.")}}
	case !described:
		return []warning{{t.at, "no cost of " + name + " depends on use: what is told of it changes nothing", "Remove it."}}
	}
	var out []warning
	for path, at := range t.keys {
		if !isRead(read, path) {
			shown := strings.ReplaceAll(path, "\x00", ".")
			out = append(out, warning{at, "no cost of " + name + " as it is depends on " + shown, didYouMean(shown, slices.Sorted(maps.Keys(read)), known(read))})
		}
	}
	return out
}

// addresses are those of the estimates, instances also together.
func (u *Usage) addresses() []string {
	all := slices.Collect(maps.Keys(u.seen))
	for _, a := range all {
		all = append(all, instances(a))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// isRead tells whether a value, or an object around it, was asked for.
func isRead(read map[string]asked, path string) bool {
	if _, ok := read[strings.ReplaceAll(path, "\x00", ".")]; ok {
		return true
	}
	for at, as := range read {
		if as == asObject && (at == "" || strings.HasPrefix(path, at+"\x00")) {
			return true
		}
	}
	return false
}

func known(read map[string]asked) string {
	if len(read) == 0 {
		return "Remove it."
	}
	return "It depends on " + strings.Join(slices.Sorted(maps.Keys(read)), ", ") + "."
}

// check notes values that were asked for as numbers, and are none.
func (u *Usage) check(r *Resource) {
	if u == nil {
		return
	}
	for _, layer := range u.layers(r) {
		for path, at := range layer.keys {
			shown := strings.ReplaceAll(path, "\x00", ".")
			if u.seen[r.Address].paths[shown] != asNumber {
				continue
			}
			if _, ok := number(View{values: layer.values}.Get(shown)); !ok && !u.told(at.Line, at.Column) {
				u.mistake(at, "Write a number.", "%s is %q, and a number is needed", shown, at.Value)
			}
		}
	}
}

func (u *Usage) told(line, column int) bool {
	return slices.ContainsFunc(u.wrong, func(w warning) bool { return w.at.Line == line && w.at.Column == column })
}
