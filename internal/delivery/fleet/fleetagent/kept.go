package fleetagent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

// Sealer encrypts what is kept.
type Sealer interface {
	Seal(ctx context.Context, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Kept keeps, sealed in a folder, states that terraform could not store, until the
// server has them.
type Kept struct {
	Folder string
	Sealer Sealer
	Log    *slog.Logger

	mu sync.Mutex
}

// keptState is a file's content.
type keptState struct {
	Stack string `json:"stack"`
	State []byte `json:"state"`
}

const keptFor = "state of a runner"

// Keep keeps the state of a stack.
func (k *Kept) Keep(ctx context.Context, stack string, state []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	raw, err := json.Marshal(keptState{stack, state})
	if err != nil {
		return fmt.Errorf("write the state of %s: %w", stack, err)
	}
	sealed, err := k.Sealer.Seal(ctx, raw, []byte(keptFor))
	if err != nil {
		return fmt.Errorf("seal the state of %s: %w", stack, err)
	}
	if err := os.MkdirAll(k.Folder, 0o700); err != nil {
		return err
	}
	return wholefile.Replace(filepath.Join(k.Folder, kernel.NewID("kept")), sealed, 0o600)
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
	sealed, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	raw, err := k.Sealer.Open(ctx, sealed, []byte(keptFor))
	if err != nil {
		return err
	}
	var state keptState
	if err := json.Unmarshal(raw, &state); err != nil {
		return err
	}
	if err := s.HandIn(ctx, state.Stack, state.State); err != nil {
		return err
	}
	k.Log.InfoContext(ctx, "handed in a state that could not be stored", "stack", state.Stack)
	return os.Remove(path)
}
