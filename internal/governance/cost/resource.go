package cost

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Resource is one instance of a resource, whatever it was read from.
type Resource struct {
	// Address is what Terraform calls it: module.net.azurerm_lb.main[0].
	Address string
	// Type is its type: azurerm_lb.
	Type string
	// Values has what is known of its attributes, as JSON has it: blocks are
	// lists of objects.
	Values map[string]any
	// Unknown names the attributes that are known after apply only.
	Unknown map[string]bool
	// Kept says that the plan that it is of does not change it.
	Kept bool
	// Refs has, by attribute, the addresses (without instance keys) of the
	// resources that its expression names.
	Refs map[string][]string
}

// Block is the address without instance keys: module.net.azurerm_lb.main.
func (r *Resource) Block() string { return BlockOf(r.Address) }

// BlockOf takes the instance keys off an address.
func BlockOf(address string) string {
	if !strings.Contains(address, "[") {
		return address
	}
	var out strings.Builder
	depth, quoted := 0, false
	for _, c := range address {
		switch {
		case c == '"' && depth > 0:
			quoted = !quoted
		case c == '[' && !quoted:
			depth++
		case c == ']' && !quoted:
			depth--
		case depth == 0:
			out.WriteRune(c)
		}
	}
	return out.String()
}

// Set is the resources of one state of the world, indexed for look-ups from
// one resource to another.
type Set struct {
	Resources []*Resource
	// Unread tells what could not be read, such as a module that is not there.
	Unread []Unpriced
	// Assumed tells how many of something there are taken to be where that is not known.
	Assumed []Assumption
	// Warnings tell what of the configuration's values changes nothing.
	Warnings []kernel.Problem

	blocks map[string][]*Resource
	names  map[string]*Resource
	users  map[string][]*Resource
	// common is where most of the resources that tell it are, "" if none does.
	common string
}

// NewSet indexes resources.
func NewSet(resources []*Resource) *Set {
	s := &Set{
		Resources: resources, blocks: make(map[string][]*Resource, len(resources)),
		names: make(map[string]*Resource, len(resources)), users: map[string][]*Resource{},
	}
	locations := map[string]int{}
	for _, r := range resources {
		if at, _ := r.Values["location"].(string); at != "" && !strings.EqualFold(at, "global") {
			locations[at]++
		}
		block := r.Block()
		s.blocks[block] = append(s.blocks[block], r)
		if name, ok := r.Values["name"].(string); ok {
			s.names[r.Type+"\x00"+name] = r
		}
		if id, ok := r.Values["id"].(string); ok && id != "" {
			s.names[r.Type+"\x00"+strings.ToLower(id)] = r
		}
		for _, refs := range r.Refs {
			for _, ref := range refs {
				s.users[ref] = append(s.users[ref], r)
			}
		}
	}
	s.common = commonest(locations)
	return s
}

// Common is the location that most of the resources name, as they write it, "" if none does.
func (s *Set) Common() string { return s.common }

// commonest is what is named most often; of several, the first in order.
func commonest(names map[string]int) string {
	best := ""
	for name, n := range names {
		if n > names[best] || n == names[best] && name < best {
			best = name
		}
	}
	return best
}

// Related returns the resource of one of the types that the attribute names,
// by its expression, its id or its name.
func (s *Set) Related(r *Resource, attribute string, types ...string) *Resource {
	for _, ref := range r.Refs[attribute] {
		for _, t := range types {
			if found := s.blocks[ref]; len(found) > 0 && found[0].Type == t {
				return sameKey(r, found)
			}
		}
	}
	value, _ := r.Values[attribute].(string)
	if value == "" {
		return nil
	}
	for _, t := range types {
		for _, key := range []string{value, strings.ToLower(value)} {
			if found := s.names[t+"\x00"+key]; found != nil {
				return found
			}
		}
	}
	return nil
}

// Users returns the resources of a type whose expressions name the resource.
func (s *Set) Users(r *Resource, types ...string) []*Resource {
	var out []*Resource
	seen := map[*Resource]bool{}
	for _, u := range s.users[r.Block()] {
		for _, t := range types {
			if u.Type == t && !seen[u] {
				seen[u] = true
				out = append(out, u)
			}
		}
	}
	return out
}

// sameKey picks, of a block's instances, the one with the same key.
func sameKey(r *Resource, found []*Resource) *Resource {
	i := strings.LastIndex(r.Address, "[")
	if i < 0 || len(found) == 1 {
		return found[0]
	}
	for _, f := range found {
		if strings.HasSuffix(f.Address, r.Address[i:]) {
			return f
		}
	}
	return found[0]
}
