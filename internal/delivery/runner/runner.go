package runner

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/confine"
)

// Config is what a Runner needs.
type Config struct {
	Tool Tool
	// DataDir is Terrace's data directory: runs/, init/, mirror/ and tools/ lie beneath it.
	DataDir string
	// Address is where the tool reaches Terrace, such as http://127.0.0.1:7080.
	Address string
	// Mirror is a folder with other providers than Terrace's own; "" fetches them from their registries.
	Mirror string
	// Timeout bounds each process of the tool where Limits has no Time; 0 means one hour.
	Timeout time.Duration
	// Limits bound the jobs that have none of their own.
	Limits Limits
	// Isolated starts the tool in a place of its own, see Isolate.
	Isolated bool
	// Helper is the program that isolates, see confine.Place; "" is this program.
	Helper string
	// Spawner starts what is isolated, by the helper too; nil does that from this process.
	Spawner *confine.Spawner
	// Hidden are files and folders beside DataDir and the home that the tool must not
	// see, asked for before each command; nil is none.
	Hidden func() []string
	// Grace is how long a process that is told to stop may take before it is killed; 0 means 30 s.
	Grace time.Duration
	// Keep keeps a state that could not be stored, until its stack is next
	// worked on; nil keeps none.
	Keep Keep
	// Logger takes what goes wrong beside a run; nil logs nothing.
	Logger *slog.Logger
}

// Keep keeps the state of a stack aside, which was made under the fence; 0 is one that
// is not known.
type Keep func(ctx context.Context, stack string, fence int64, state io.Reader) error

// Runner executes jobs. Any number may run at once.
type Runner struct {
	Config

	hashes hashes
}

// New returns a runner.
func New(c Config) *Runner {
	if abs, err := filepath.Abs(c.DataDir); err == nil {
		c.DataDir = abs // the tool runs in folders of its own
	}
	c.Limits.Time = cmp.Or(c.Limits.Time, c.Timeout, time.Hour)
	c.Grace = cmp.Or(c.Grace, 30*time.Second)
	if c.Hidden == nil {
		c.Hidden = func() []string { return nil }
	}
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	return &Runner{Config: c, hashes: hashes{known: map[string]string{}}}
}
