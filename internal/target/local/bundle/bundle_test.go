package bundle_test

import (
	"archive/tar"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local/bundle"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
)

func TestUnpackRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		content []byte
		says    string
	}{
		"what is no gzip":        {[]byte("hello"), "not gzipped"},
		"a path outside":         {localtest.Bundle(t, localtest.File{Name: "../x"}), "lies outside"},
		"an absolute path":       {localtest.Bundle(t, localtest.File{Name: "/etc/x"}), "lies outside"},
		"a link outside":         {localtest.Bundle(t, localtest.File{Name: "a/x", Link: "../../etc"}), "leads outside"},
		"an absolute link":       {localtest.Bundle(t, localtest.File{Name: "x", Link: "/etc/passwd"}), "leads outside"},
		"a hard link to nothing": {localtest.Bundle(t, localtest.File{Name: "x", Link: "y", Type: tar.TypeLink}), "no such file"},
		"a hard link outside":    {localtest.Bundle(t, localtest.File{Name: "x", Link: "../y", Type: tar.TypeLink}), "leads outside"},
		"a hard link out of it":  {localtest.Bundle(t, localtest.File{Name: "x", Link: "/etc/passwd", Type: tar.TypeLink}), "leads outside"},
		"a pipe":                 {localtest.Bundle(t, localtest.File{Name: "x", Type: tar.TypeFifo}), "neither a folder"},
		"a device":               {localtest.Bundle(t, localtest.File{Name: "x", Type: tar.TypeChar}), "neither a folder"},
		"a truncated archive":    {localtest.Bundle(t, localtest.File{Name: "x", Content: []byte(strings.Repeat("x", 5000))})[:40], "no tar"},
		"the same file twice":    {localtest.Bundle(t, localtest.File{Name: "x"}, localtest.File{Name: "x"}), "exists"},
		"a file through a link":  {localtest.Bundle(t, localtest.File{Name: "d", Link: "e"}, localtest.File{Name: "d/x"}), "unpack d"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "in")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			err := bundle.Unpack(dir, strings.NewReader(string(test.content)))
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %q", err, test.says)
			}
			if entries, _ := os.ReadDir(filepath.Dir(dir)); len(entries) != 1 {
				t.Errorf("something was written outside: %v", entries)
			}
		})
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	source := &localtest.Artifacts{}
	digest := source.Add(localtest.Bundle(t,
		localtest.File{Name: "bin", Mode: 0o755, Type: tar.TypeDir},
		localtest.File{Name: "bin/tool", Content: []byte("#!"), Mode: 0o4755},
		localtest.File{Name: "tool", Link: "bin/tool"},
		localtest.File{Name: "same", Link: "./bin/tool", Type: tar.TypeLink},
	))
	cache := bundle.NewCache(t.TempDir(), source)
	folder, err := cache.Folder(ctx, digest)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(folder, "tool"))
	if err != nil || info.Mode() != 0o755 {
		t.Errorf("the program is %v, %v; no more than 0755 was expected", info, err)
	}
	if same, err := os.Stat(filepath.Join(folder, "same")); err != nil || !os.SameFile(info, same) {
		t.Errorf("the hard link is %v, %v", same, err)
	}
	source.Replace(digest, nil)
	if again, err := cache.Folder(ctx, digest); err != nil || again != folder {
		t.Errorf("the second time: %s, %v", again, err)
	}
	to := t.TempDir()
	if err := bundle.Copy(to, folder); err != nil {
		t.Fatal(err)
	}
	if link, err := os.Readlink(filepath.Join(to, "tool")); err != nil || link != "bin/tool" {
		t.Errorf("the copied link is %q, %v", link, err)
	}
}

func TestADamagedArtifactLeavesNothing(t *testing.T) {
	t.Parallel()
	source, dir := &localtest.Artifacts{}, t.TempDir()
	digest := source.Add(localtest.Bundle(t, localtest.File{Name: "x"}))
	source.Replace(digest, localtest.Bundle(t, localtest.File{Name: "y"}))
	if _, err := bundle.NewCache(dir, source).Folder(context.Background(), digest); !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("got %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, folder := range []string{".unpack-1/deep", "0123"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := bundle.NewCache(dir, &localtest.Artifacts{}).Sweep(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 || left[0].Name() != "0123" {
		t.Errorf("left: %v", left)
	}
	if err := bundle.NewCache(filepath.Join(dir, "none"), &localtest.Artifacts{}).Sweep(); err != nil {
		t.Errorf("without a folder: %v", err)
	}
}
