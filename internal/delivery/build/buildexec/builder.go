// Package buildexec compiles what a repository has: with an environment of its own,
// in a place where it sees nothing of Terrace, and with limits of what it takes.
//
// It owns the compiler's process. What is built when, and who may have it built,
// is delivery/build's and its callers'.
package buildexec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/build"
	"github.com/terrace-idp/terrace/internal/delivery/bundle"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/confine"
)

// Config is what a Builder works with.
type Config struct {
	// Dir is the folder of builds: caches, and what is made, are beneath it.
	Dir string
	// Environ is the environment of this process.
	Environ []string
	// Keep keeps an archive as an artifact of a project.
	Keep func(ctx context.Context, scope kernel.Scope, archive io.Reader) (kernel.Digest, error)
	// Isolated has the compiler work in namespaces of its own, which Helper makes.
	Isolated bool
	Helper   string
	// Hidden are the files and folders that it may not see, asked for before each build.
	Hidden func() []string
	// Bounds are what its processes may take, Disk the bytes that they may have in the
	// workshop of the build, Output those that they may print, Limit how long one build
	// may take that has no limit of its own.
	Bounds confine.Bounds
	Disk   int64
	Output int64
	Limit  build.Limit
}

// Builder builds folders as the client does. One at a time: a compiler takes the
// whole machine anyway.
type Builder struct {
	Config
	slot chan struct{}
}

// New returns a builder.
func New(c Config) *Builder { return &Builder{Config: c, slot: make(chan struct{}, 1)} }

// Build builds the folder beneath root and keeps the artifact.
func (b *Builder) Build(ctx context.Context, scope kernel.Scope, root, folder string, said io.Writer) (kernel.Digest, error) {
	return b.BuildWithin(ctx, build.Limit{}, scope, root, folder, said)
}

// BuildWithin is Build with a limit of its own.
func (b *Builder) BuildWithin(ctx context.Context, limit build.Limit, scope kernel.Scope, root, folder string, said io.Writer) (kernel.Digest, error) {
	if !filepath.IsLocal(folder) {
		return "", kernel.Errorf(kernel.Invalid, "the folder %s is not in the repository", folder)
	}
	select {
	case b.slot <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-b.slot }()
	limit = limit.Or(b.Limit)
	limited, cancel := context.WithTimeoutCause(ctx, limit.Time, limit.Exceeded())
	defer cancel()
	digest, err := b.build(limited, scope, root, folder, said)
	if cause := context.Cause(limited); err != nil && cause != nil {
		return "", cause
	}
	return digest, within(err, root)
}

func (b *Builder) build(ctx context.Context, scope kernel.Scope, root, folder string, said io.Writer) (kernel.Digest, error) {
	w, err := b.workshop(root)
	if err != nil {
		return "", err
	}
	defer w.remove()
	run := func(ctx context.Context, cmd *compiler) error { return b.run(ctx, cmd, w, said) }
	built, err := bundle.Builder{Env: b.environment(w), Folder: w.made, Run: run}.Build(ctx, filepath.Join(root, folder))
	if err != nil {
		return "", err
	}
	defer func() { _ = built.Close() }() // the workshop goes anyway
	archive, err := built.Open()
	if err != nil {
		return "", err
	}
	defer func() { _ = archive.Close() }() // was only read
	return b.Keep(ctx, scope, archive)
}

// workshop is where one build works.
type workshop struct {
	dir, source, made, tmp, home string
}

func (b *Builder) workshop(root string) (w workshop, err error) {
	work := filepath.Join(b.Dir, "work")
	if err := errors.Join(os.MkdirAll(work, 0o700), os.MkdirAll(b.modules(), 0o700), os.MkdirAll(b.moduleCache(), 0o700), os.MkdirAll(b.cache(), 0o700)); err != nil {
		return w, fmt.Errorf("make a place for a build: %w", err)
	}
	if w.dir, err = os.MkdirTemp(work, "build-*"); err != nil {
		return w, fmt.Errorf("make a place for a build: %w", err)
	}
	w.source, w.made, w.tmp, w.home = root, filepath.Join(w.dir, "made"), filepath.Join(w.dir, "tmp"), filepath.Join(w.dir, "home")
	for _, dir := range w.own() {
		if err := os.Mkdir(dir, 0o700); err != nil {
			w.remove()
			return w, fmt.Errorf("make a place for a build: %w", err)
		}
	}
	if err := w.quiet(); err != nil {
		w.remove()
		return w, fmt.Errorf("make a place for a build: %w", err)
	}
	return w, nil
}

// quiet has the compiler count nothing of its use: it takes that from its home alone.
func (w workshop) quiet() error {
	dir := filepath.Join(w.home, ".config", "go", "telemetry")
	return errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "mode"), []byte("off"), 0o600))
}

// own are the folders that only this build writes into.
func (w workshop) own() []string { return []string{w.made, w.tmp, w.home} }

func (w workshop) remove() { _ = os.RemoveAll(w.dir) } // Tidy removes what stays

// Tidy removes what builds of a former process have left, the caches not.
func (b *Builder) Tidy() error { return os.RemoveAll(filepath.Join(b.Dir, "work")) }

// within takes the folder of the copy out of an error: the paths are then those
// of the repository.
func within(err error, root string) error {
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok {
		return err
	}
	trim := func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, root+"/", ""), root, ".") }
	e.Message, e.Fix = trim(e.Message), trim(e.Fix)
	for i, p := range e.Problems {
		e.Problems[i].File, e.Problems[i].Message = trim(p.File), trim(p.Message)
	}
	return e
}
