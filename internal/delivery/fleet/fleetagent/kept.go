package fleetagent

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
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

const (
	keptFor    = "state of a runner"
	receiptFor = "receipt of a runner"
)

// Receipt proves that a state is that of an assignment.
type Receipt struct {
	Assignment string `json:"assignment"`
	Secret     string `json:"secret"`
}

// origin is the first line of a kept file; what comes after it is the state.
type origin struct {
	Stack   string  `json:"stack"`
	Receipt Receipt `json:"receipt"`
}

// Begin notes the receipt of an apply of the stack, which Keep needs however this
// process ends.
func (k *Kept) Begin(stack string, r Receipt) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.write(k.receipt(stack), receiptFor, origin{Stack: stack, Receipt: r}, strings.NewReader(""))
}

// End forgets the receipt: the apply has ended, and what it left is kept.
func (k *Kept) End(stack string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := os.Remove(k.receipt(stack)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		k.Log.Warn("a receipt that is no longer needed could not be removed", "stack", stack, "error", err)
	}
}

func (k *Kept) receipt(stack string) string {
	return filepath.Join(k.Folder, "receipt_"+kernel.DigestOf([]byte(stack)).Hex()[:32])
}

// Keep keeps the state of a stack. The receipt tells the server under which fence it
// was made.
func (k *Kept) Keep(ctx context.Context, stack string, _ int64, state io.Reader) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	from, _, closer, err := k.open(ctx, k.receipt(stack), receiptFor)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if closer != nil {
		_ = closer.Close() // it was only read
	}
	from.Stack = stack
	return k.write(filepath.Join(k.Folder, kernel.NewID("kept")), keptFor, from, state)
}

func (k *Kept) write(path, as string, from origin, state io.Reader) error {
	if err := os.MkdirAll(k.Folder, 0o700); err != nil {
		return err
	}
	head, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return wholefile.ReplaceWith(path, 0o600, func(w io.Writer) error {
		sealed, err := k.Sealer.Writer(context.Background(), w, []byte(as))
		if err != nil {
			return fmt.Errorf("seal the state of %s: %w", from.Stack, err)
		}
		_, err = io.Copy(sealed, io.MultiReader(bytes.NewReader(append(head, '\n')), state))
		return errors.Join(err, sealed.Close())
	})
}

// open returns the state that is in a file, and whose it is.
func (k *Kept) open(ctx context.Context, path, as string) (from origin, state io.Reader, file io.Closer, err error) {
	f, err := os.Open(path)
	if err != nil {
		return from, nil, nil, err
	}
	plain, err := k.Sealer.Reader(ctx, f, []byte(as))
	if err != nil {
		return from, nil, nil, errors.Join(err, f.Close())
	}
	in := bufio.NewReader(plain)
	head, err := in.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(head, &from)
	}
	if err != nil {
		return from, nil, nil, errors.Join(err, f.Close())
	}
	return from, in, f, nil
}

// HandIn gives the server all that is kept, the oldest first. What the server
// cannot take now stays; what it will never take is set aside.
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
	from, state, file, err := k.open(ctx, path, keptFor)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	err = s.HandIn(ctx, from.Receipt.Assignment, from.Receipt.Secret, state)
	if kernel.Is(err, kernel.Stale) || kernel.Is(err, kernel.Denied) {
		aside := filepath.Join(k.Folder, "refused_"+filepath.Base(path))
		k.Log.ErrorContext(ctx, "the server refused a state that could not be stored: what it has of the stack's state goes on without it",
			"stack", from.Stack, "error", err, "kept_as", aside)
		return os.Rename(path, aside)
	}
	if err != nil {
		return err
	}
	k.Log.InfoContext(ctx, "handed in a state that could not be stored", "stack", from.Stack)
	return os.Remove(path)
}
