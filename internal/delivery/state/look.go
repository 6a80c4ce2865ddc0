package state

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// View is a stack's state as people see it.
type View struct {
	Version Version `json:"version"`
	// Lock is who holds the state at this moment, nil for nobody.
	Lock *Holder `json:"lock,omitempty"`
	// Resources are without their attributes.
	Resources []Resource `json:"resources"`
}

// Holder is who holds the lock of a state.
type Holder struct {
	// ID is the lock's.
	ID        string `json:"id"`
	Operation string `json:"operation"`
	Who       string `json:"who"`
	Run       string `json:"run"`
	// Since is when it was taken, in the tool's words.
	Since string `json:"since"`
}

func (h *Held) holder() *Holder {
	if h == nil {
		return nil
	}
	return &Holder{ID: h.ID, Operation: h.Operation, Who: h.Who, Run: h.Run, Since: h.Created}
}

// Look returns what a version of the stack's state has, "" is the one in force,
// to an actor who may read states.
func (s *Service) Look(ctx context.Context, stack, version string) (View, error) {
	v, raw, err := s.open(ctx, stack, version)
	if err != nil {
		return View{}, err
	}
	resources, err := inventory(raw)
	if err != nil {
		return View{}, err
	}
	for i := range resources {
		resources[i].Attributes = nil
	}
	record, err := s.Store.Stack(ctx, stack)
	return View{Version: v, Lock: record.Held.holder(), Resources: resources}, err
}

// Show returns one resource of a version with its attributes; sensitive ones are
// hidden.
func (s *Service) Show(ctx context.Context, stack, version, address string) (Resource, error) {
	_, raw, err := s.open(ctx, stack, version)
	if err != nil {
		return Resource{}, err
	}
	resources, err := inventory(raw)
	if err != nil {
		return Resource{}, err
	}
	i := slices.IndexFunc(resources, func(r Resource) bool { return r.Address == address })
	if i < 0 {
		return Resource{}, kernel.Errorf(kernel.NotFound, "the state of %s has no resource %s", stack, address).
			WithFix("terrace state list shows the addresses")
	}
	return resources[i], nil
}

// open reads a version for a person.
func (s *Service) open(ctx context.Context, stack, version string) (v Version, raw []byte, err error) {
	if err := s.authorize(ctx, ActionRead, stack); err != nil {
		return v, nil, err
	}
	if version == "" {
		var there bool
		if v, there, err = s.Current(ctx, stack); err == nil && !there {
			err = kernel.Errorf(kernel.NotFound, "stack %s has no state", stack).WithFix("terrace state history shows what it had before")
		}
	} else {
		v, err = s.Store.Version(ctx, stack, version)
	}
	if err != nil {
		return v, nil, err
	}
	raw, err = s.load(ctx, v)
	return v, raw, err
}

func (s *Service) authorize(ctx context.Context, action, stack string) error {
	scope, _, err := SplitStack(stack)
	if err != nil {
		return err
	}
	return s.Authorizer.Authorize(ctx, action, scope)
}

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
}

// AttributeDifference is one value that is not the same in both.
type AttributeDifference struct {
	Path   string `json:"path"`
	Before any    `json:"before,omitempty"`
	After  any    `json:"after,omitempty"`
}

// Diff compares two versions of the stack's state; an empty to is the one in force.
func (s *Service) Diff(ctx context.Context, stack, from, to string) (d Difference, err error) {
	before, after := map[string]Resource{}, map[string]Resource{}
	for _, side := range []struct {
		id      string
		version *Version
		into    map[string]Resource
	}{{from, &d.From, before}, {to, &d.To, after}} {
		v, raw, err := s.open(ctx, stack, side.id)
		if err != nil {
			return d, err
		}
		resources, err := inventory(raw)
		if err != nil {
			return d, err
		}
		*side.version = v
		for _, r := range resources {
			side.into[r.Address] = r
		}
	}
	d.Resources = differences(before, after)
	return d, nil
}

func differences(before, after map[string]Resource) []ResourceDifference {
	found := []ResourceDifference{}
	for address, was := range before {
		is, stays := after[address]
		if !stays {
			found = append(found, ResourceDifference{Address: address, Change: "removed"})
			continue
		}
		var attributes []AttributeDifference
		compare("", was.Attributes, is.Attributes, &attributes)
		if len(attributes) > 0 || was.Tainted != is.Tainted {
			found = append(found, ResourceDifference{Address: address, Change: "changed", Attributes: attributes})
		}
	}
	for address := range after {
		if _, was := before[address]; !was {
			found = append(found, ResourceDifference{Address: address, Change: "added"})
		}
	}
	slices.SortFunc(found, func(a, b ResourceDifference) int { return cmp.Compare(a.Address, b.Address) })
	return found
}

// compare collects where two values differ, at the deepest place.
func compare(path string, a, b any, found *[]AttributeDifference) {
	if reflect.DeepEqual(a, b) {
		return
	}
	am, aok := a.(map[string]any)
	bm, bok := b.(map[string]any)
	if aok && bok {
		for _, name := range names(am, bm) {
			compare(join(path, name), am[name], bm[name], found)
		}
		return
	}
	al, aok := a.([]any)
	bl, bok := b.([]any)
	if aok && bok && len(al) == len(bl) {
		for i := range al {
			compare(path+"["+strconv.Itoa(i)+"]", al[i], bl[i], found)
		}
		return
	}
	*found = append(*found, AttributeDifference{Path: path, Before: a, After: b})
}

// names are the keys of both, sorted.
func names(a, b map[string]any) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
