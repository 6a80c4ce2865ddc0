package tarball_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/bundle/tarball"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func pack(t *testing.T, dir string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := tarball.Pack(&b, dir, tarball.Hidden); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func names(t *testing.T, packed []byte) []string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, h.Name)
	}
}

func TestSameContentSameBytes(t *testing.T) {
	t.Parallel()
	files := map[string]string{"b/c.txt": "c", "a.txt": "a", ".git/config": "mine", ".env": "kept"}
	one, two := folder(t, files), folder(t, files)
	if err := os.Chtimes(filepath.Join(two, "a.txt"), time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pack(t, one), pack(t, two)) {
		t.Error("the archives differ")
	}
	if d := cmp.Diff([]string{".env", "a.txt", "b/c.txt"}, names(t, pack(t, one))); d != "" {
		t.Error(d)
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		target string
		kind   kernel.Kind
	}{
		"within the folder becomes the file": {"a.txt", ""},
		"out of the folder is refused":       {"../secret", kernel.Invalid},
		"to nothing is refused":              {"gone", kernel.Invalid},
		"to a folder is refused":             {"d", kernel.Invalid},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := folder(t, map[string]string{"secret": "s", "in/a.txt": "a", "in/d/x": "x"})
			dir := filepath.Join(root, "in")
			if err := os.Symlink(c.target, filepath.Join(dir, "link")); err != nil {
				t.Fatal(err)
			}
			if err := tarball.Pack(io.Discard, dir, tarball.Hidden); kernel.KindOf(err) != c.kind {
				t.Errorf("got %v", err)
			}
		})
	}
}
