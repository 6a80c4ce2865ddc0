package sealedblob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/seal"
	"github.com/terrace-idp/terrace/internal/platform/sealedblob"
)

func open(t *testing.T) (sealedblob.Store, *blob.Store) {
	t.Helper()
	dir := t.TempDir()
	sealer, err := seal.Open(t.Context(), seal.Config{URL: "file://" + filepath.Join(dir, "kek")})
	must(t, err)
	blobs, err := blob.Open(t.Context(), "file://"+filepath.Join(dir, "blobs"), nil)
	must(t, err)
	return sealedblob.Store{Sealer: sealer, Blobs: blobs}, blobs
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func content(key string) sealedblob.Content {
	return sealedblob.Content{Tenant: "acme", Key: key, Associated: []byte(key), Max: 1 << 20}
}

func read(ctx context.Context, s sealedblob.Store, c sealedblob.Content) (string, error) {
	r, err := s.Get(ctx, c)
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(r)
	return string(raw), errors.Join(err, r.Close())
}

func TestWhatIsKeptComesBack(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, blobs := open(t)
	digest, err := s.Put(ctx, content("a"), strings.NewReader("password"))
	must(t, err)
	if want := kernel.DigestOf([]byte("password")); digest != want {
		t.Errorf("its digest is %s, want %s", digest, want)
	}
	if got, err := read(ctx, s, content("a")); got != "password" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	raw, err := blobs.Get(ctx, "a")
	must(t, err)
	sealed, err := io.ReadAll(raw)
	must(t, errors.Join(err, raw.Close()))
	if bytes.Contains(sealed, []byte("password")) {
		t.Error("it lies there in the clear")
	}
	must(t, blobs.Put(ctx, "b", bytes.NewReader(sealed)))
	if got, err := read(ctx, s, content("b")); err == nil {
		t.Errorf("%q opened as something else", got)
	}
	if _, err := read(ctx, s, content("c")); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("of what is not there: %v", err)
	}
}

// broken fails after its first bytes, as an upload that is cut off does.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func TestAfterAnErrorNothingHasChanged(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, _ := open(t)
	_, err := s.Put(ctx, content("a"), strings.NewReader("first"))
	must(t, err)
	cut := errors.New("cut off")
	other := content("a")
	other.Digest = kernel.DigestOf([]byte("second"))
	for name, c := range map[string]struct {
		content sealedblob.Content
		from    io.Reader
		right   func(error) bool
	}{
		"too large":      {content("a"), bytes.NewReader(make([]byte, 1<<20+1)), func(err error) bool { return kernel.Is(err, kernel.TooLarge) }},
		"cut off":        {content("a"), io.MultiReader(strings.NewReader("sec"), broken{cut}), func(err error) bool { return errors.Is(err, cut) }},
		"something else": {other, strings.NewReader("third"), func(err error) bool { return kernel.Is(err, kernel.Refused) }},
		"no key":         {sealedblob.Content{Tenant: "acme", Key: "../a", Max: 9}, strings.NewReader("x"), func(err error) bool { return err != nil }},
	} {
		if _, err := s.Put(ctx, c.content, c.from); !c.right(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := read(ctx, s, content("a")); got != "first" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// zeros gives n bytes.
type zeros struct{ left int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.left)
	clear(p[:n])
	z.left -= n
	return int(n), nil
}

// TestLittleOfItIsInMemory passes 64 MB through and looks at the heap.
//
//nolint:paralleltest // it measures the heap of the process
func TestLittleOfItIsInMemory(t *testing.T) {
	const size, most = 64 << 20, 12 << 20
	s, _ := open(t)
	c := content("large")
	c.Max = size
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := s.Put(t.Context(), c, &zeros{left: size})
	must(t, err)
	r, err := s.Get(t.Context(), c)
	must(t, err)
	n, err := io.Copy(io.Discard, r)
	must(t, errors.Join(err, r.Close()))
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); n != size || grown > most {
		t.Errorf("%d bytes came back, and the heap has grown by %d MB, at most %d MB are right", n, grown>>20, most>>20)
	}
}
