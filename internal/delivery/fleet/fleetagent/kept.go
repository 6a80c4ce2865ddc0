package fleetagent

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

// Sealer encrypts what is kept, as it is written.
type Sealer interface {
	Writer(ctx context.Context, w io.Writer, associated []byte) (io.WriteCloser, error)
	Reader(ctx context.Context, r io.Reader, associated []byte) (io.Reader, error)
}

// Kept keeps, sealed in a folder, states that terraform could not store, until the
// server has them.
type Kept struct {
	Folder string
	Sealer Sealer
	Log    *slog.Logger

	mu sync.Mutex
}

// A file's content is the stack, a line, and then the state.
const keptFor = "state of a runner"

// Keep keeps the state of a stack.
func (k *Kept) Keep(ctx context.Context, stack string, state io.Reader) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := os.MkdirAll(k.Folder, 0o700); err != nil {
		return err
	}
	return wholefile.ReplaceWith(filepath.Join(k.Folder, kernel.NewID("kept")), 0o600, func(w io.Writer) error {
		sealed, err := k.Sealer.Writer(ctx, w, []byte(keptFor))
		if err != nil {
			return fmt.Errorf("seal the state of %s: %w", stack, err)
		}
		_, err = io.Copy(sealed, io.MultiReader(strings.NewReader(stack+"\n"), state))
		return errors.Join(err, sealed.Close())
	})
}

// HandIn gives the server all that is kept, the oldest first. What the server does
// not take stays.
func (k *Kept) HandIn(ctx context.Context, s *Server) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	paths, _ := filepath.Glob(filepath.Join(k.Folder, "kept_*")) // the pattern is good
	var errs []error
	for _, path := range paths {
		if err := k.handIn(ctx, s, path); err != nil {
			k.Log.WarnContext(ctx, "a state that could not be stored is still here", "file", path, "error", err)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (k *Kept) handIn(ctx context.Context, s *Server, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	plain, err := k.Sealer.Reader(ctx, file, []byte(keptFor))
	if err != nil {
		return err
	}
	state := bufio.NewReader(plain)
	stack, err := state.ReadString('\n')
	if err != nil {
		return err
	}
	stack = strings.TrimSuffix(stack, "\n")
	if err := s.HandIn(ctx, stack, state); err != nil {
		return err
	}
	k.Log.InfoContext(ctx, "handed in a state that could not be stored", "stack", stack)
	return os.Remove(path)
}
