package state

import (
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

// Keep keeps a state that could not be written under the fence, sealed, until
// Restore: beside the contents, or in Folder where that fails and raw can be read
// once more. A fence of 0 is not known. It is Stale, and nothing of raw is read,
// where newer work was done since.
func (s *Service) Keep(ctx context.Context, stack string, fence int64, raw io.Reader) error {
	if err := s.first(ctx, stack, fence); kernel.Is(err, kernel.Stale) {
		return err // where it cannot be told now, Restore looks again
	}
	_, _, _, err := s.keep(ctx, stack, keptKey(stack), keptFor(stack), &intake{from: raw, fence: fence})
	again, ok := raw.(io.Seeker)
	if err == nil || s.Folder == "" || !ok || kernel.Is(err, kernel.Invalid) || kernel.Is(err, kernel.TooLarge) {
		return err
	}
	if _, seekErr := again.Seek(0, io.SeekStart); seekErr != nil {
		return errors.Join(err, seekErr)
	}
	if inFolder := s.keepInFolder(ctx, stack, fence, raw); inFolder != nil {
		return errors.Join(err, inFolder)
	}
	return nil
}

// first refuses, as Stale, a state of the fence where one of a later fence is kept, or
// newer work was done.
func (s *Service) first(ctx context.Context, stack string, fence int64) error {
	last, err := s.last(ctx, stack)
	if err != nil {
		return err
	}
	if last.overtakes(fence) {
		return kernel.Errorf(kernel.Stale, "the state of %s was written since, by a later run or by hand (fence %d, not %d)", stack, last.Fence, fence)
	}
	kept, err := s.kept(ctx, stack)
	if err == nil && kept.from != nil && fence > 0 && kept.fence > fence {
		err = kernel.Errorf(kernel.Stale, "a state of %s is kept that is of a later run (fence %d, not %d)", stack, kept.fence, fence)
	}
	return err
}

// last returns the version in force, or the one that was when the state was deleted;
// the zero Version for none.
func (s *Service) last(ctx context.Context, stack string) (Version, error) {
	if v, ok, err := s.Current(ctx, stack); ok || err != nil {
		return v, err
	}
	page, err := s.Store.List(ctx, stack, kernel.PageRequest{Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return Version{}, err
	}
	return page.Items[0], nil
}

// overtakes reports whether v is newer work than what was made under the fence: of a
// later lease, or by hand after the lease had ended.
func (v Version) overtakes(fence int64) bool {
	return fence > 0 && (v.Fence > fence || v.By != "" && v.Fence == fence)
}

// SetAside keeps, sealed, a state that Keep refused, and says where. Nothing reads it
// but people.
func (s *Service) SetAside(ctx context.Context, stack string, fence int64, raw io.Reader) (key string, err error) {
	return s.setAside(ctx, stack, fence, raw, "newer work was done since")
}

func (s *Service) setAside(ctx context.Context, stack string, fence int64, raw io.Reader, why string) (key string, err error) {
	key = asideKey(stack, kernel.NewID("sv"))
	if _, _, _, err := s.keep(ctx, stack, key, keptFor(stack), &intake{from: raw, fence: fence}); err != nil {
		return "", err
	}
	return key, s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.record(ctx, "state.set_aside", stack, why, map[string]any{"kept": key, "fence": fence})
	})
}

// keeps reports whether anything is kept of the stack.
func (s *Service) keeps(ctx context.Context, stack string) (bool, error) {
	for _, whole := range []source{s.keptBlob(ctx, stack), s.keptInFolder(ctx, stack)} {
		raw, err := whole()
		if kernel.Is(err, kernel.NotFound) {
			continue
		}
		if err == nil {
			err = raw.Close()
		}
		return err == nil, err
	}
	return false, nil
}

func (s *Service) keepInFolder(ctx context.Context, stack string, fence int64, raw io.Reader) error {
	if err := os.MkdirAll(s.Folder, 0o700); err != nil {
		return err
	}
	return wholefile.ReplaceWith(s.keptFile(stack), 0o600, func(w io.Writer) error {
		return s.seal(ctx, w, stack, keptFor(stack), &intake{from: raw, fence: fence})
	})
}

// Restore writes what Keep kept of the stack, if anything, under the fence of
// the run that now works on it. It is called before anything else happens to
// the stack. What is older than the state in force by its serial is dropped, what
// newer work has overtaken is set aside; a state of something else is a Conflict,
// and stays kept.
func (s *Service) Restore(ctx context.Context, c Caller, stack string) error {
	kept, err := s.kept(ctx, stack)
	if err != nil || kept.from == nil {
		return err
	}
	current, ok, err := s.Current(ctx, stack)
	if err != nil {
		return err
	}
	last, err := s.last(ctx, stack)
	if err != nil {
		return err
	}
	if ok && kept.content.Lineage == current.Lineage && kept.content.Serial <= current.Serial {
		return s.drop(ctx, stack)
	}
	if last.overtakes(kept.fence) {
		return s.moveAside(ctx, stack, kept, "newer work was done since")
	}
	err = s.restore(ctx, c, stack, kept.from)
	if kernel.Is(err, kernel.Conflict) {
		return unfollowing(stack, err)
	}
	if err != nil {
		return err
	}
	return s.drop(ctx, stack)
}

// unfollowing tells that what is kept is of something else than the state in force.
func unfollowing(stack string, err error) error {
	scope, workload, split := SplitStack(stack)
	return errors.Join(split, kernel.Errorf(kernel.Conflict, "what an apply of %s could not store does not follow the state that is there: %w", stack, err).
		WithFix("see in the target which of them is right, and what differs: terrace state diff %[1]s --stage %[2]s --from %[3]s; then terrace state take-back %[1]s %[3]s --stage %[2]s, or terrace state discard %[1]s %[3]s --stage %[2]s, which sets it aside",
			workload, scope.Stage, Unstored))
}

func (s *Service) restore(ctx context.Context, c Caller, stack string, from source) error {
	v := Version{ID: kernel.NewID("sv"), Stack: stack, Run: c.Run, Fence: c.Fence, CreatedAt: s.Clock.Now()}
	raw, err := from()
	if err != nil {
		return err
	}
	parsed, err := s.store(ctx, &v, raw)
	if err := errors.Join(err, raw.Close()); err != nil {
		return err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
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

// keptState is a state that is kept, with what it says of itself.
type keptState struct {
	from source

	content content
	// fence is that under which it was made, 0 where that is not known.
	fence int64
}

// moveAside sets aside what is kept.
func (s *Service) moveAside(ctx context.Context, stack string, kept keptState, why string) error {
	raw, err := kept.from()
	if err != nil {
		return err
	}
	_, err = s.setAside(ctx, stack, kept.fence, raw, why)
	if err := errors.Join(err, raw.Close()); err != nil {
		return err
	}
	return s.drop(ctx, stack)
}

// kept returns the newest state that is kept of the stack, without from for none.
func (s *Service) kept(ctx context.Context, stack string) (newest keptState, err error) {
	for _, whole := range []source{s.keptBlob(ctx, stack), s.keptInFolder(ctx, stack)} {
		found, err := look(whole)
		if kernel.Is(err, kernel.NotFound) {
			continue
		}
		if err != nil {
			return keptState{}, fmt.Errorf("read the kept state of %s: %w", stack, err)
		}
		if newest.from == nil || found.content.Serial >= newest.content.Serial {
			newest = found
		}
	}
	return newest, nil
}

// look reads what is kept once.
func look(whole source) (k keptState, err error) {
	k.from = func() (io.ReadCloser, error) {
		raw, err := whole()
		if err != nil {
			return nil, err
		}
		state, _, err := behindFence(raw)
		if err != nil {
			return nil, errors.Join(err, raw.Close())
		}
		return unfenced{state, raw}, nil
	}
	raw, err := whole()
	if err != nil {
		return k, err
	}
	_, k.fence, err = behindFence(raw)
	if err := errors.Join(err, raw.Close()); err != nil {
		return k, err
	}
	k.content, err = scan(k.from)
	return k, err
}

func (s *Service) keptBlob(ctx context.Context, stack string) source {
	return func() (io.ReadCloser, error) {
		sealed, err := s.Blobs.Get(ctx, keptKey(stack))
		if err != nil {
			return nil, err
		}
		return s.unseal(ctx, sealed, keptFor(stack))
	}
}

func (s *Service) keptInFolder(ctx context.Context, stack string) source {
	return func() (io.ReadCloser, error) {
		none := kernel.Errorf(kernel.NotFound, "nothing of %s is kept in a folder", stack)
		if s.Folder == "" {
			return nil, none
		}
		sealed, err := os.Open(s.keptFile(stack))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, none
		}
		if err != nil {
			return nil, err
		}
		return s.unseal(ctx, sealed, keptFor(stack))
	}
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
