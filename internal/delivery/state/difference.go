package state

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/jsondiff"
)

// Difference is what differs between two versions of a state.
type Difference struct {
	From Version `json:"from"`
	To   Version `json:"to"`
	// Resources are those that differ, by address.
	Resources []ResourceDifference `json:"resources"`
}

// ResourceDifference is one resource that is not the same in both.
type ResourceDifference struct {
	Address string `json:"address"`
	// Change is added, removed or changed.
	Change string `json:"change" enum:"added,removed,changed"`
	// Attributes are those that differ; sensitive ones are hidden, and told only
	// by other attributes that change with them.
	Attributes []AttributeDifference `json:"attributes,omitempty"`
	// Omitted says that the attributes are too large to be compared here: see each
	// version's with show.
	Omitted bool `json:"omitted,omitempty"`
}

// AttributeDifference is one value that is not the same in both.
type AttributeDifference struct {
	Path   string `json:"path"`
	Before any    `json:"before,omitempty"`
	After  any    `json:"after,omitempty"`
}

// compared is how much of instances is taken into memory to compare attributes,
// in bytes of both versions; resources beyond it are told without them.
const compared = 8 << 20

// mark is what one of two versions has at an address.
type mark struct {
	digest  kernel.Digest
	tainted bool
	size    int
}

// pair is a resource in both versions.
type pair struct{ before, after map[string]any }

// Diff compares two versions of the stack's state; an empty to is the one in force.
// Both are read twice: to find what differs, and to see how.
func (s *Service) Diff(ctx context.Context, stack, from, to string) (d Difference, err error) {
	was, err := s.find(ctx, stack, from)
	if err != nil {
		return d, err
	}
	is, err := s.find(ctx, stack, to)
	if err != nil {
		return d, err
	}
	d.From, d.To = was.Version, is.Version
	free, err := s.turns.take(ctx, max(d.From.Size, d.To.Size))
	if err != nil {
		return d, err
	}
	defer free()
	before, err := was.marks()
	if err != nil {
		return d, err
	}
	after, err := is.marks()
	if err != nil {
		return d, err
	}
	var attributes map[string]*pair
	d.Resources, attributes = differing(before, after)
	return d, d.explain(was, is, attributes)
}

// marks are what a version has, by address, with a digest of what is shown of it.
func (v readable) marks() (map[string]mark, error) {
	all := map[string]mark{}
	return all, v.each(func(r Resource, raw json.RawMessage) error {
		attributes, err := shown(raw)
		if err != nil {
			return err
		}
		digest, err := kernel.DigestJSON(attributes)
		all[r.Address] = mark{digest: digest, tainted: r.Tainted, size: len(raw)}
		return err
	})
}

// differing lists what differs, sorted, and those of which the attributes are to be
// compared.
func differing(before, after map[string]mark) ([]ResourceDifference, map[string]*pair) {
	found, compare, left := []ResourceDifference{}, map[string]*pair{}, compared
	for _, address := range names(before, after) {
		was, had := before[address]
		is, has := after[address]
		switch {
		case !has:
			found = append(found, ResourceDifference{Address: address, Change: "removed"})
		case !had:
			found = append(found, ResourceDifference{Address: address, Change: "added"})
		case was.digest != is.digest:
			left -= was.size + is.size
			found = append(found, ResourceDifference{Address: address, Change: "changed", Omitted: left < 0})
			if left >= 0 {
				compare[address] = &pair{}
			}
		case was.tainted != is.tainted:
			found = append(found, ResourceDifference{Address: address, Change: "changed"})
		}
	}
	return found, compare
}

// explain adds the attributes that differ.
func (d Difference) explain(was, is readable, pairs map[string]*pair) error {
	if len(pairs) == 0 {
		return nil
	}
	for v, side := range map[*readable]func(*pair) *map[string]any{
		&was: func(p *pair) *map[string]any { return &p.before },
		&is:  func(p *pair) *map[string]any { return &p.after },
	} {
		err := v.each(func(r Resource, raw json.RawMessage) (err error) {
			if p := pairs[r.Address]; p != nil {
				*side(p), err = shown(raw)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	for i, r := range d.Resources {
		if p := pairs[r.Address]; p != nil {
			d.Resources[i].Attributes = attributesOf(*p)
		}
	}
	return nil
}

// attributesOf are the places at which two resources differ.
func attributesOf(p pair) []AttributeDifference {
	var out []AttributeDifference
	for _, d := range (jsondiff.Walk{Empty: true}).Differences(p.before, p.after) {
		out = append(out, AttributeDifference{Path: d.Path, Before: d.Before, After: d.After})
	}
	return out
}

// names are the keys of both, sorted.
func names[T any](a, b map[string]T) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}
