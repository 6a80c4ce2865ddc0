package blob_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	gocloud "gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
)

// each runs a test on a folder and on a bucket as clouds have it.
func each(t *testing.T, test func(t *testing.T, s *blob.Store)) {
	openers := map[string]blob.Opener{"mem": func(context.Context, *url.URL) (*gocloud.Bucket, error) { return memblob.OpenBucket(nil), nil }}
	for name, location := range map[string]string{"folder": "file://" + filepath.Join(t.TempDir(), "blobs"), "bucket": "mem://"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := blob.Open(t.Context(), location, openers)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			test(t, s)
		})
	}
}

func read(t *testing.T, s *blob.Store, key string) string {
	t.Helper()
	r, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func put(t *testing.T, s *blob.Store, key, content string) {
	t.Helper()
	if err := s.Put(t.Context(), key, strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
}

func TestContentLivesUnderItsKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *blob.Store) {
		ctx := t.Context()
		put(t, s, "plans/run_1/plan", "one")
		put(t, s, "plans/run_1/plan", "two")
		put(t, s, "plans/run_2/plan", "")
		put(t, s, "logs/a", "x")
		if got := read(t, s, "plans/run_1/plan"); got != "two" {
			t.Errorf("content %q", got)
		}
		var keys []string
		for o, err := range s.List(ctx, "plans/") {
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, o.Key)
		}
		if d := cmp.Diff([]string{"plans/run_1/plan", "plans/run_2/plan"}, keys); d != "" {
			t.Error(d)
		}
		for range 2 {
			if err := s.Delete(ctx, "plans/run_1/plan"); err != nil {
				t.Errorf("delete: %v", err)
			}
		}
		if ok, err := s.Exists(ctx, "plans/run_1/plan"); ok || err != nil {
			t.Errorf("exists %v, %v", ok, err)
		}
		if _, err := s.Get(ctx, "plans/run_1/plan"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("get: %v", err)
		}
	})
}

type failing struct {
	sent bool
	err  error
}

func (f *failing) Read(p []byte) (int, error) {
	if f.sent {
		return 0, f.err
	}
	f.sent = true
	return copy(p, strings.Repeat("a", 4096)), nil
}

func TestAFailedPutChangesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		kind kernel.Kind
	}{
		"a full disk":        {&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, kernel.Unavailable},
		"a refused upload":   {kernel.Errorf(kernel.TooLarge, "too large"), kernel.TooLarge},
		"anything else":      {errors.New("boom"), kernel.Internal},
		"a used up quota":    {&fs.PathError{Op: "write", Path: "x", Err: syscall.EDQUOT}, kernel.Unavailable},
		"the client is gone": {io.ErrUnexpectedEOF, kernel.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, s *blob.Store) {
				put(t, s, "a/b", "before")
				if err := s.Put(t.Context(), "a/b", &failing{err: c.err}); !kernel.Is(err, c.kind) {
					t.Errorf("error %v, want %s", err, c.kind)
				}
				if got := read(t, s, "a/b"); got != "before" {
					t.Errorf("content %q", got)
				}
			})
		})
	}
}

func TestTheFolderHoldsOnlyContent(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "blobs")
	s, err := blob.Open(t.Context(), "file://"+dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "a/b", "x")
	_ = s.Put(t.Context(), "a/c", &failing{err: errors.New("boom")})
	var files []string
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if !e.IsDir() {
			files = append(files, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if d := cmp.Diff([]string{"a/b"}, files); d != "" || err != nil {
		t.Error(d, err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestSweepRemovesWhatTheDeadLeft(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "blobs")
	s, err := blob.Open(t.Context(), "file://"+dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "a/b", "x")
	start := time.Now()
	for name, age := range map[string]time.Duration{"a/c.1f.tmp": time.Hour, "d.2f.tmp": time.Second, "a/e.3f.tmp": -time.Second} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, []byte("half"), 0o600), os.Chtimes(path, start, start.Add(-age))); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.Sweep(t.Context(), start); n != 2 || err != nil {
		t.Errorf("%d removed, %v", n, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if d := cmp.Diff([]string{filepath.Join(dir, "a/b"), filepath.Join(dir, "a/e.3f.tmp")}, left); d != "" || err != nil {
		t.Error(d, err)
	}
	if got := read(t, s, "a/b"); got != "x" {
		t.Errorf("content %q", got)
	}
}

func TestKeysAreChecked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *blob.Store) {
		for _, key := range []string{"", "/a", "a/", "a//b", "../a", "a/../../b", "a b", "a\x00", "ä", `a\b`, "a.tmp", "a.attrs", strings.Repeat("a", 513)} {
			_, getErr := s.Get(t.Context(), key)
			_, existsErr := s.Exists(t.Context(), key)
			for _, err := range []error{s.Put(t.Context(), key, strings.NewReader("x")), getErr, existsErr, s.Delete(t.Context(), key)} {
				if !kernel.Is(err, kernel.Invalid) {
					t.Errorf("key %q: %v", key, err)
				}
			}
		}
	})
}

func TestOpenNamesTheSchemes(t *testing.T) {
	t.Parallel()
	if _, err := blob.Open(t.Context(), "s3://bucket", nil); err == nil || !strings.Contains(err.Error(), "file") {
		t.Errorf("error %v", err)
	}
}
