package build

import (
	"context"
	"io"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Records keeps builds, one for each tree of a project.
type Records interface {
	// Ask keeps a build; where there is one of the tree, it returns that one.
	Ask(ctx context.Context, b Build) (Build, error)
	// Get returns the build of a tree; NotFound where there is none.
	Get(ctx context.Context, scope kernel.Scope, tree string) (Build, error)
	// Again has one that failed built again; any other stays as it is.
	Again(ctx context.Context, b Build) error
	// Forget removes those that ended before a moment, and says how many.
	Forget(ctx context.Context, before time.Time) (int, error)
}

// Leases say who builds what.
type Leases interface {
	// Waiting returns what nobody builds, the longest first.
	Waiting(ctx context.Context, now time.Time, limit int) ([]Build, error)
	// Take takes a build that nobody has; it is Locked where somebody does. Every
	// taking has a higher fence.
	Take(ctx context.Context, b Build, holder string, now, until time.Time) (fence int64, err error)
	// Save writes how a build stands, and keeps it until then, or gives it back where
	// it has ended; Stale where somebody has taken it since.
	Save(ctx context.Context, b Build, fence int64, until time.Time) error
	// Recover gives back what a former process of the holder has had.
	Recover(ctx context.Context, holder string) error
}

// Store is all that the room keeps.
type Store interface {
	Records
	Leases
}

// Commits writes the files of a commit into a folder.
type Commits interface {
	Extract(ctx context.Context, scope kernel.Scope, repository, commit, dir string) error
}

// Builder builds a folder beneath root within a limit, as a developer would, and
// keeps the artifact for the project. What is said meanwhile goes to said. The files
// that its errors name are those beneath root.
type Builder interface {
	BuildWithin(ctx context.Context, limit Limit, scope kernel.Scope, root, folder string, said io.Writer) (kernel.Digest, error)
}

// Journal records facts, in the transaction of ctx.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs fn in a transaction that travels in its context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Listener is told of builds that have ended.
type Listener interface {
	Built(ctx context.Context, b Build) error
}
