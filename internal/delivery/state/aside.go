package state

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Unstored is the id of the state of a stack that an apply could not store, and that
// comes into force with the next run.
const Unstored = "unstored"

// Aside is a state of a stack that never came into force.
type Aside struct {
	// ID is unstored for the one that the next run brings into force.
	ID string `json:"id"`
	// Waits says that it is that one; the others were set aside, since newer work was
	// done, and nothing brings them into force but a person.
	Waits   bool          `json:"waits"`
	Serial  int64         `json:"serial"`
	Lineage string        `json:"lineage"`
	Digest  kernel.Digest `json:"digest"`
	// Size is the length of the plain state in bytes.
	Size int64 `json:"size"`
	// Fence is that of the run which made it, 0 where that is not known.
	Fence int64 `json:"fence,omitempty"`
	// KeptAt is since when it is kept, nil where that is not known.
	KeptAt *time.Time `json:"keptAt,omitempty"`
}

// setAside is what the keys of all states begin with that were set aside.
const setAside = "overtaken-states/"

func asideKey(stack, id string) string { return setAside + stack + "/" + id }

// Asides lists the states of a stack that never came into force, the one that waits
// for the next run first, then the oldest, to an actor who may read states.
func (s *Service) Asides(ctx context.Context, stack string, page kernel.PageRequest) (kernel.Page[Aside], error) {
	if err := s.authorize(ctx, ActionRead, stack); err != nil {
		return kernel.Page[Aside]{}, err
	}
	var all []Aside
	if page.Cursor == "" {
		waits, err := s.aside(ctx, stack, Unstored)
		if err != nil && !kernel.Is(err, kernel.NotFound) {
			return kernel.Page[Aside]{}, err
		}
		if err == nil {
			all = append(all, waits.Aside)
		}
	}
	for found, err := range s.Blobs.List(ctx, asideKey(stack, "")) {
		if err != nil {
			return kernel.Page[Aside]{}, fmt.Errorf("list the states that were set aside: %w", err)
		}
		id := strings.TrimPrefix(found.Key, asideKey(stack, ""))
		if page.Cursor != Unstored && id <= page.Cursor {
			continue
		}
		if len(all) > page.Size() {
			break
		}
		one, err := s.aside(ctx, stack, id)
		if kernel.Is(err, kernel.NotFound) {
			continue // it was discarded meanwhile
		}
		if err != nil {
			return kernel.Page[Aside]{}, err
		}
		one.KeptAt = &found.Modified
		all = append(all, one.Aside)
	}
	return kernel.PageOf(all, page, func(a Aside) string { return a.ID }), nil
}

// asideState is one that can be read.
type asideState struct {
	Aside

	from source
}

// version is how people are told of it beside the versions.
func (a asideState) version(stack string) Version {
	v := Version{ID: a.ID, Stack: stack, Serial: a.Serial, Lineage: a.Lineage, Digest: a.Digest, Size: a.Size, Fence: a.Fence}
	v.Cause = "set aside, and not in force"
	if a.Waits {
		v.Cause = "not stored by its apply, and not in force yet"
	}
	return v
}

// aside finds a state that never came into force, and reads it once.
func (s *Service) aside(ctx context.Context, stack, id string) (a asideState, err error) {
	a.ID, a.Waits = id, id == Unstored
	if a.Waits {
		kept, err := s.kept(ctx, stack)
		if err == nil && kept.from == nil {
			err = kernel.Errorf(kernel.NotFound, "no state of %s waits to be stored", stack)
		}
		if err != nil {
			return a, err
		}
		a.from, a.Fence = kept.from, kept.fence
		return a, a.read()
	}
	if strings.ContainsAny(id, "/\\") || id == "" {
		return a, kernel.Errorf(kernel.NotFound, "no state of %s was set aside as %q", stack, id)
	}
	kept, err := look(func() (io.ReadCloser, error) {
		sealed, err := s.Blobs.Get(ctx, asideKey(stack, id))
		if err != nil {
			return nil, err
		}
		return s.unseal(ctx, sealed, keptFor(stack))
	})
	if err != nil {
		return a, err
	}
	a.from, a.Fence = kept.from, kept.fence
	return a, a.read()
}

// read completes what is told of it.
func (a *asideState) read() error {
	raw, err := a.from()
	if err != nil {
		return err
	}
	in := &intake{from: raw}
	if err := errors.Join(in.read(io.Discard), raw.Close()); err != nil {
		return err
	}
	a.Serial, a.Lineage, a.Digest, a.Size = in.content.Serial, in.content.Lineage, in.digest, in.size
	return nil
}

// asideNamed is aside for a person, who may have mistyped the id.
func (s *Service) asideNamed(ctx context.Context, stack, id string) (asideState, error) {
	a, err := s.aside(ctx, stack, id)
	if !kernel.Is(err, kernel.NotFound) {
		return a, err
	}
	scope, workload, split := SplitStack(stack)
	return a, errors.Join(split, kernel.Errorf(kernel.NotFound, "no state of %s on %s was set aside as %s", workload, scope.Stage, id).
		WithFix("terrace state aside %s --stage %s lists them", workload, scope.Stage))
}
