// Package localtest gives tests of the local target what stands at its edges:
// artifacts with a real program, and the ports on other rooms, in memory.
//
// It owns no behaviour of the target itself.
package localtest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// File is one entry of a bundle.
type File struct {
	Name    string
	Content []byte
	Mode    int64
	// Link makes it a symbolic link.
	Link string
	// Type is the tar type flag, 0 for a regular file or a link.
	Type byte
}

// Bundle packs files as a gzipped tar.
func Bundle(t testing.TB, files ...File) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, f := range files {
		h := &tar.Header{Name: f.Name, Mode: f.Mode, Size: int64(len(f.Content)), Typeflag: f.Type, Linkname: f.Link}
		if f.Link != "" && f.Type == 0 {
			h.Typeflag = tar.TypeSymlink
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.Content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

//nolint:gochecknoglobals // one build serves all tests of a process
var program = sync.OnceValues(buildProgram)

// Program returns the content of the test service's program.
func Program(t testing.TB) []byte {
	t.Helper()
	b, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func buildProgram() ([]byte, error) {
	dir, err := os.MkdirTemp("", "terrace-app-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "app"), "github.com/terrace-idp/terrace/internal/target/local/localtest/app")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the test's program: %w: %s", err, out)
	}
	return os.ReadFile(filepath.Join(dir, "app"))
}

// Artifacts are bundles in memory.
type Artifacts struct {
	mu      sync.Mutex
	bundles map[kernel.Digest][]byte
}

// Add keeps a bundle and returns its digest.
func (a *Artifacts) Add(bundle []byte) kernel.Digest {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.bundles == nil {
		a.bundles = map[kernel.Digest][]byte{}
	}
	d := kernel.DigestOf(bundle)
	a.bundles[d] = bundle
	return d
}

// Replace puts other content under a digest, as a damaged disk does.
func (a *Artifacts) Replace(d kernel.Digest, content []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bundles[d] = slices.Clone(content)
}

// Open opens a bundle, or returns NotFound.
func (a *Artifacts) Open(_ context.Context, d kernel.Digest) (io.ReadCloser, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	b, ok := a.bundles[d]
	if !ok {
		return nil, kernel.Errorf(kernel.NotFound, "artifact %s does not exist", d)
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}
