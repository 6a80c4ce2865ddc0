package cost

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// Usage is what is expected of resources whose cost depends on use. It notes what
// of it is read; one is for one estimate at a time.
type Usage struct {
	path      string
	resources map[string]*told
	types     map[string]*told
	// seen is every resource that was estimated, with what was read of its usage.
	seen     map[string]*reads
	warnings []warning
	wrong    []warning
}

// told is what the file says of an address or a type.
type told struct {
	values map[string]any
	at     *yaml.Node
	// keys are where the values are, by path.
	keys map[string]*yaml.Node
}

// warning is a mistake with its place.
type warning struct {
	at           *yaml.Node
	message, fix string
}

// reads is what was asked of a resource's usage.
type reads struct {
	typ string
	// described is false where nothing of the type depends on use.
	described bool
	paths     map[string]asked
}

// asked is as what a value was asked for.
type asked int

const (
	asAnything asked = iota
	asNumber
	asObject
)

// Of returns what is told of a resource: of its type, overlaid with what is
// told of all its instances, overlaid with its own.
func (u *Usage) Of(r *Resource) View {
	if u == nil {
		return View{}
	}
	layers := u.layers(r)
	if len(layers) == 0 {
		return View{}
	}
	merged := map[string]any{}
	for _, layer := range layers {
		for k, v := range layer.values {
			merged[k] = v
		}
	}
	return View{values: merged, reads: u.see(r)}
}

// layers are what is told of a resource, the most general first.
func (u *Usage) layers(r *Resource) []*told {
	var out []*told
	if t := u.types[r.Type]; t != nil {
		out = append(out, t)
	}
	if t := u.resources[instances(r.Address)]; t != nil && instances(r.Address) != r.Address {
		out = append(out, t)
	}
	if t := u.resources[r.Address]; t != nil {
		out = append(out, t)
	}
	return out
}

// instances is the address of all instances of a resource: its last index is *.
func instances(address string) string {
	if i := strings.LastIndex(address, "["); i > 0 && strings.HasSuffix(address, "]") {
		return address[:i] + "[*]"
	}
	return address
}

// see notes that there is a resource.
func (u *Usage) see(r *Resource) *reads {
	if u == nil {
		return nil
	}
	if u.seen[r.Address] == nil {
		u.seen[r.Address] = &reads{typ: r.Type, paths: map[string]asked{}}
	}
	return u.seen[r.Address]
}

// note notes that a value is asked for.
func (r *reads) note(path string, as asked) {
	if r != nil {
		r.paths[path] = max(r.paths[path], as)
	}
}
