package state

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Stacks keeps the record of each stack.
type Stacks interface {
	// Stack returns the record; an unknown stack has an empty one.
	Stack(ctx context.Context, id string) (Stack, error)
	// Hold returns the record and keeps others from changing it until the
	// transaction of ctx ends. It makes the record where there is none.
	Hold(ctx context.Context, id string) (Stack, error)
	// Save writes a record that is held.
	Save(ctx context.Context, s Stack) error
}

// Versions keeps what describes each written state.
type Versions interface {
	Add(ctx context.Context, v Version) error
	// Version returns one version of the stack, or kernel.NotFound.
	Version(ctx context.Context, stack, id string) (Version, error)
	// Current returns the version that the stack's record names; ok is false where
	// there is no record, or none of that version.
	Current(ctx context.Context, stack string) (v Version, ok bool, err error)
	// List returns the stack's versions, the newest first.
	List(ctx context.Context, stack string, r kernel.PageRequest) (kernel.Page[Version], error)
}

// Store is where the records are; statesql has the one for databases.
type Store interface {
	Stacks
	Versions
}
