package dns

import (
	"maps"
	"slices"
)

// maxRecent bounds the last changes of a zone that are kept with it, and their names: who is
// further behind reads all of it.
const maxRecent = 32

// keptZone is a zone as the book has it.
type keptZone struct {
	Zone
	kept
}

// kept is what the book has of a zone beside its settings, which nobody else gets to see.
type kept struct {
	// Sets is how many record sets there are; nil where nobody has counted.
	Sets *int `json:"sets,omitempty"`
	// Recent are the last changes, the newest last.
	Recent []recent `json:"recent,omitempty"`
}

// recent is one change of a zone: from a serial to another, with the names whose sets may be others.
type recent struct {
	From  int64    `json:"from"`
	To    int64    `json:"to"`
	Names []string `json:"names,omitempty"`
}

// note keeps a change with those before it, as far as there is room.
func (z *Zone) note(from int64, names []string) {
	names = slices.Clone(names)
	slices.Sort(names)
	all := append(slices.Clone(z.kept.Recent), recent{from, z.Serial, slices.Compact(names)})
	z.kept.Recent = nil
	for at, room := len(all)-1, maxRecent; at >= 0; at-- {
		if room -= 1 + len(all[at].Names); room < 0 {
			break
		}
		z.kept.Recent = all[at:]
	}
}

// since returns the names whose sets may be others than they were at a serial; false where that is
// not known.
func (z Zone) since(serial int64) (names []string, known bool) {
	found := map[string]bool{}
	at := slices.IndexFunc(z.kept.Recent, func(r recent) bool { return r.From == serial })
	if at < 0 {
		return nil, false
	}
	for _, r := range z.kept.Recent[at:] {
		if r.From != serial {
			return nil, false
		}
		for _, name := range r.Names {
			found[name] = true
		}
		serial = r.To
	}
	return slices.Collect(maps.Keys(found)), serial == z.Serial
}
