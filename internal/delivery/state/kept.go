package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

// Keep keeps a state that could not be written, sealed, until Restore: beside
// the contents, or in Folder where that fails, too.
func (s *Service) Keep(ctx context.Context, stack string, raw []byte) error {
	if _, err := parse(raw); err != nil {
		return err
	}
	sealed, err := s.Sealer.Seal(ctx, raw, keptFor(stack))
	if err != nil {
		return fmt.Errorf("seal the state of %s: %w", stack, err)
	}
	blobErr := s.Blobs.Put(ctx, keptKey(stack), bytes.NewReader(sealed))
	if blobErr == nil || s.Folder == "" {
		return blobErr
	}
	if err := errors.Join(os.MkdirAll(s.Folder, 0o700), wholefile.Replace(s.keptFile(stack), sealed, 0o600)); err != nil {
		return errors.Join(blobErr, err)
	}
	return nil
}

// Restore writes what Keep kept of the stack, if anything, under the fence of
// the run that now works on it. It is called before anything else happens to
// the stack. What is older than the state in force is dropped; a state of
// something else is a Conflict, and stays kept.
func (s *Service) Restore(ctx context.Context, c Caller, stack string) error {
	raw, err := s.kept(ctx, stack)
	if err != nil || raw == nil {
		return err
	}
	parsed, err := parse(raw)
	if err != nil {
		return err
	}
	current, ok, err := s.Current(ctx, stack)
	if err != nil {
		return err
	}
	if ok && parsed.Lineage == current.Lineage && parsed.Serial <= current.Serial {
		return s.drop(ctx, stack)
	}
	err = s.restore(ctx, c, stack, parsed, raw)
	if kernel.Is(err, kernel.Conflict) {
		return kernel.Errorf(kernel.Conflict, "what an apply of %s could not store does not follow the state that is there: %w", stack, err).
			WithFix("see in the target which of them is right; to go on without the kept one, remove the blob %s and the file %s, whichever is there", keptKey(stack), s.keptFile(stack))
	}
	if err != nil {
		return err
	}
	return s.drop(ctx, stack)
}

func (s *Service) restore(ctx context.Context, c Caller, stack string, parsed content, raw []byte) error {
	v := Version{
		ID: kernel.NewID("sv"), Stack: stack, Serial: parsed.Serial, Lineage: parsed.Lineage,
		Digest: kernel.DigestOf(raw), Size: int64(len(raw)), Run: c.Run, Fence: c.Fence, CreatedAt: s.Clock.Now(),
	}
	if err := s.store(ctx, v, raw); err != nil {
		return err
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		record, err := s.Store.Hold(ctx, stack)
		if err != nil {
			return err
		}
		if err := s.Fences.CheckFence(ctx, stack, c.Fence); err != nil {
			return err
		}
		if _, err := s.successor(ctx, record, parsed, v); err != nil {
			return err
		}
		record.Current = v.ID
		if err := errors.Join(s.Store.Add(ctx, v), s.Store.Save(ctx, record)); err != nil {
			return err
		}
		return s.record(ctx, "state.restored", stack, "an apply could not store it",
			map[string]any{"version": v.ID, "serial": v.Serial, "digest": v.Digest, "run": v.Run})
	})
	if err != nil {
		return errors.Join(err, s.discard(ctx, v))
	}
	return nil
}

// kept returns the newest state that is kept of the stack, nil for none.
func (s *Service) kept(ctx context.Context, stack string) ([]byte, error) {
	inBlobs, err := s.keptBlob(ctx, stack)
	if err != nil {
		return nil, err
	}
	inFolder, err := s.keptInFolder(ctx, stack)
	if err != nil || inFolder == nil {
		return inBlobs, err
	}
	return newer(inBlobs, inFolder), nil
}

func newer(a, b []byte) []byte {
	first, err := parse(a)
	second, _ := parse(b) // it was checked before it was kept
	if err == nil && first.Serial > second.Serial {
		return a
	}
	return b
}

func (s *Service) keptBlob(ctx context.Context, stack string) ([]byte, error) {
	r, err := s.Blobs.Get(ctx, keptKey(stack))
	if kernel.Is(err, kernel.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for a kept state of %s: %w", stack, err)
	}
	sealed, err := io.ReadAll(io.LimitReader(r, MaxSize+1<<20))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("read the kept state of %s: %w", stack, err)
	}
	return s.openKept(ctx, stack, sealed)
}

func (s *Service) keptInFolder(ctx context.Context, stack string) ([]byte, error) {
	if s.Folder == "" {
		return nil, nil
	}
	sealed, err := os.ReadFile(s.keptFile(stack))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the kept state of %s: %w", stack, err)
	}
	return s.openKept(ctx, stack, sealed)
}

func (s *Service) openKept(ctx context.Context, stack string, sealed []byte) ([]byte, error) {
	raw, err := s.Sealer.Open(ctx, sealed, keptFor(stack))
	if err != nil {
		return nil, fmt.Errorf("open the kept state of %s: %w", stack, err)
	}
	return raw, nil
}

// drop forgets what is kept of the stack.
func (s *Service) drop(ctx context.Context, stack string) error {
	err := s.Blobs.Delete(ctx, keptKey(stack))
	if kernel.Is(err, kernel.NotFound) {
		err = nil
	}
	if s.Folder == "" {
		return err
	}
	if gone := os.Remove(s.keptFile(stack)); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

func keptKey(stack string) string { return "unstored-states/" + stack }

func keptFor(stack string) []byte { return []byte("unstored state\x00" + stack) }

func (s *Service) keptFile(stack string) string {
	return filepath.Join(s.Folder, kernel.DigestOf([]byte(stack)).Hex()[:32])
}
