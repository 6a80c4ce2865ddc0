package stage

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// FromConfiguration is the origin of stages that the configuration names.
const FromConfiguration = "configuration"

// Version is one of the sets of stages that there were.
type Version struct {
	// Number counts from 1.
	Number int
	Stages []Stage
	Digest kernel.Digest
	// Origin is who owns them: FromConfiguration, or what else set them last.
	Origin string
	// Configured is the digest of the stages that the configuration had then; a
	// configuration that changes takes over from itself, not from another origin.
	Configured kernel.Digest
	Reason     string
	SetBy      string
	SetAt      time.Time
}

// Store keeps versions.
type Store interface {
	// Insert is a Conflict for a number that is taken.
	Insert(ctx context.Context, v Version) error
	// Newest is NotFound where there is none.
	Newest(ctx context.Context) (Version, error)
	// Number returns the newest number, 0 where there is none.
	Number(ctx context.Context) (int, error)
	// Had reports whether any version has a stage of that name.
	Had(ctx context.Context, name string) (bool, error)
}

// Uses knows what is on stages, whichever tenant's.
type Uses interface {
	// StageUse tells what is deployed or under way on a stage, "" for nothing.
	StageUse(ctx context.Context, stage string) (string, error)
}

// Authorizer decides whether the actor of ctx may do something.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Journal records facts, in the transaction of ctx.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs fn in a transaction that travels in its context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}
