package configfile

import (
	"maps"
	"slices"

	"github.com/terrace-idp/terrace/internal/fabric/config/flag"
)

// Origin is where a value comes from.
type Origin struct {
	Layer LayerKind `json:"layer"`
	Place
	Value any `json:"value,omitempty"`
}

// Entry is what counts of a key for a workload at a stage.
type Entry struct {
	Key         string      `json:"key"`
	Type        string      `json:"type,omitempty"`
	Description string      `json:"description,omitempty"`
	Owner       string      `json:"owner,omitempty"`
	Sensitivity Sensitivity `json:"sensitivity"`
	// Value is what counts; of a secret it is the reference.
	Value  any    `json:"value,omitempty"`
	Origin Origin `json:"origin"`
	// Overrides are the less specific values that do not count, the nearest first.
	Overrides []Origin `json:"overrides,omitempty"`
}

// FlagEntry is a flag that counts for a workload at a stage.
type FlagEntry struct {
	Key       string    `json:"key"`
	Flag      flag.Flag `json:"flag"`
	Origin    Origin    `json:"origin"`
	Overrides []Origin  `json:"overrides,omitempty"`
}

// applies reports whether a layer counts for a workload at a stage.
func (l *Layer) applies(workload, stage string) bool {
	switch l.Kind {
	case Stage:
		return l.Name == stage
	case Workload:
		return l.Workload == workload
	case WorkloadStage:
		return l.Workload == workload && l.Name == stage
	case Schema, Default, Tenant:
	}
	return true
}

// Effective returns what counts for a workload at a stage, by key. A key that nothing
// gives a value is not among it.
func (s *Set) Effective(workload, stage string) []Entry {
	out, layers := []Entry{}, s.applying(workload, stage)
	for _, k := range s.Keys() {
		if e, ok := k.entry(workload, layers); ok {
			out = append(out, e)
		}
	}
	return out
}

// applying are the layers that count for a workload at a stage.
func (s *Set) applying(workload, stage string) []*Layer {
	return slices.DeleteFunc(slices.Clone(s.layers), func(l *Layer) bool { return !l.applies(workload, stage) })
}

// entry is what layers say of the key for a workload.
func (k *Key) entry(workload string, layers []*Layer) (Entry, bool) {
	e := Entry{Key: k.Name, Type: k.Type, Description: k.Description, Owner: k.Owner, Sensitivity: k.Sensitivity}
	if !k.Of(workload) {
		return e, false
	}
	var found []Origin
	if k.fallback != nil {
		found = append(found, Origin{Layer: Schema, Place: k.fallback.place, Value: k.fallback.any})
	}
	for _, l := range layers {
		if v, ok := l.values[k.Name]; ok {
			found = append(found, Origin{Layer: l.Kind, Place: v.place, Value: v.any})
		}
	}
	if len(found) == 0 {
		return e, false
	}
	slices.Reverse(found)
	e.Value, e.Origin, e.Overrides = found[0].Value, found[0], found[1:]
	return e, true
}

// Explain returns the entry of one key; ok is false where nothing gives it a value.
func (s *Set) Explain(key, workload, stage string) (e Entry, ok bool) {
	k, known := s.keys[key]
	if !known {
		return e, false
	}
	return k.entry(workload, s.applying(workload, stage))
}

// Flags returns the flags that count for a workload at a stage, by key. A flag of a
// more specific layer takes the place of the whole one before it.
func (s *Set) Flags(workload, stage string) []FlagEntry {
	found := map[string]FlagEntry{}
	for _, l := range s.applying(workload, stage) {
		for key, f := range l.flags {
			e := FlagEntry{Key: key, Flag: f.flag, Origin: Origin{Layer: l.Kind, Place: f.place}}
			if before, ok := found[key]; ok {
				e.Overrides = append([]Origin{before.Origin}, before.Overrides...)
			}
			found[key] = e
		}
	}
	out := make([]FlagEntry, 0, len(found))
	for _, key := range slices.Sorted(maps.Keys(found)) {
		out = append(out, found[key])
	}
	return out
}
