package state

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"

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
	v, free, err := s.open(ctx, stack, version)
	if err != nil {
		return View{}, err
	}
	defer free()
	resources := []Resource{}
	err = v.each(func(r Resource, _ json.RawMessage) error {
		resources = append(resources, r)
		return nil
	})
	if err != nil {
		return View{}, err
	}
	slices.SortFunc(resources, func(a, b Resource) int { return cmp.Compare(a.Address, b.Address) })
	record, err := s.Store.Stack(ctx, stack)
	return View{Version: v.Version, Lock: record.Held.holder(), Resources: resources}, err
}

// Show returns one resource of a version with its attributes; sensitive ones are
// hidden.
func (s *Service) Show(ctx context.Context, stack, version, address string) (Resource, error) {
	v, free, err := s.open(ctx, stack, version)
	if err != nil {
		return Resource{}, err
	}
	defer free()
	var found *Resource
	err = v.each(func(r Resource, raw json.RawMessage) (err error) {
		if r.Address == address && found == nil {
			found = &r
			found.Attributes, err = shown(raw)
		}
		return err
	})
	if err != nil {
		return Resource{}, err
	}
	if found == nil {
		return Resource{}, kernel.Errorf(kernel.NotFound, "the state of %s has no resource %s", stack, address).
			WithFix("terrace state list shows the addresses")
	}
	return *found, nil
}

// readable is a version whose content can be read.
type readable struct {
	Version

	from source
}

// open finds a version for a person, and waits for its turn, which ends with free.
func (s *Service) open(ctx context.Context, stack, version string) (v readable, free func(), err error) {
	if v, err = s.find(ctx, stack, version); err != nil {
		return v, nil, err
	}
	free, err = s.turns.take(ctx, v.Size)
	return v, free, err
}

// find returns a version to a person who may read states; "" is the one in force, and
// one that was set aside has an id, too.
func (s *Service) find(ctx context.Context, stack, version string) (readable, error) {
	if err := s.authorize(ctx, ActionRead, stack); err != nil {
		return readable{}, err
	}
	if version != "" {
		return s.named(ctx, stack, version)
	}
	v, there, err := s.Current(ctx, stack)
	if err == nil && !there {
		err = noState(stack)
	}
	return readable{v, s.stored(ctx, v)}, err
}

// named returns a version, or what was set aside.
func (s *Service) named(ctx context.Context, stack, id string) (readable, error) {
	v, err := s.version(ctx, stack, id)
	if !kernel.Is(err, kernel.NotFound) {
		return readable{v, s.stored(ctx, v)}, err
	}
	a, aside := s.aside(ctx, stack, id)
	if kernel.Is(aside, kernel.NotFound) {
		return readable{}, err
	}
	return readable{a.version(stack), a.from}, aside
}

// version returns one that a person names.
func (s *Service) version(ctx context.Context, stack, id string) (Version, error) {
	v, err := s.Store.Version(ctx, stack, id)
	if !kernel.Is(err, kernel.NotFound) {
		return v, err
	}
	scope, workload, split := SplitStack(stack)
	return v, errors.Join(split, kernel.Errorf(kernel.NotFound, "the state of %s on %s has no version %s", workload, scope.Stage, id).
		WithFix("terrace state history %s --stage %s lists them", workload, scope.Stage))
}

func (s *Service) authorize(ctx context.Context, action, stack string) error {
	scope, _, err := SplitStack(stack)
	if err != nil {
		return err
	}
	return s.Authorizer.Authorize(ctx, action, scope)
}

func noState(stack string) error {
	return kernel.Errorf(kernel.NotFound, "stack %s has no state", stack).WithFix("terrace state history shows what it had before")
}
