package state

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
)

// Lock is Terraform's lock info, with its field names on the wire.
type Lock struct {
	ID        string `json:"ID"`
	Operation string `json:"Operation"`
	Info      string `json:"Info"`
	Who       string `json:"Who"`
	Version   string `json:"Version"`
	Created   string `json:"Created"`
	Path      string `json:"Path"`
}

// Version describes one state that was written.
type Version struct {
	ID    string `json:"id"`
	Stack string `json:"stack"`
	// Serial and Lineage are Terraform's.
	Serial  int64         `json:"serial"`
	Lineage string        `json:"lineage"`
	Digest  kernel.Digest `json:"digest"`
	// Size is the length of the plain state in bytes.
	Size int64 `json:"size"`
	// Run wrote it, holding Fence; empty where a person did, after the run that had Fence.
	Run   string `json:"run,omitempty"`
	Fence int64  `json:"fence"`
	// By changed the state by hand, and Cause says how.
	By        string    `json:"by,omitempty"`
	Cause     string    `json:"cause,omitempty"`
	CreatedAt time.Time `json:"createdAt"`
}

// Caller is the run on whose behalf the tool speaks, as its token says.
type Caller struct {
	Run   string
	Stack string
	Fence int64
	// MayWrite is false for a run that only plans: it may read and lock.
	MayWrite bool
}

// Fences tells whether a run still holds its stack.
type Fences interface {
	// CheckFence returns a kernel.Stale error when fence is not the stack's current one.
	CheckFence(ctx context.Context, stack string, fence int64) error
	// Executing returns the run that works on the stack at this moment, "" for none.
	Executing(ctx context.Context, stack string) (run string, err error)
	// Given returns the fence that was given last, 0 for none.
	Given(ctx context.Context, stack string) (fence int64, err error)
}

// Sealer encrypts as it is written to; associated data must be the same to read
// what was sealed.
type Sealer interface {
	WriterFor(ctx context.Context, tenant string, w io.Writer, associated []byte) (io.WriteCloser, error)
	Reader(ctx context.Context, r io.Reader, associated []byte) (io.Reader, error)
}

// Blobs holds the sealed contents.
type Blobs interface {
	Put(ctx context.Context, key string, r io.Reader) error
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	Delete(ctx context.Context, key string) error
	List(ctx context.Context, prefix string) iter.Seq2[blob.Object, error]
}

// Tx runs fn in one database transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Journal records what happened, in the transaction that made it true.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Authorizer decides whether the actor of ctx may do action in scope.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}
