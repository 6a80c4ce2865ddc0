package policy_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/bundle/tarball/tarballtest"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// offered is a packed folder with these entries, each with a few bytes.
func offered(t *testing.T, entries ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, h := range entries {
		content := ""
		if h.Typeflag == tar.TypeReg {
			content = "package x\n"
		}
		h.Size = int64(len(content))
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestFoldersThatAreAttacks has archives of policies that lead out, replace, or never end.
func TestFoldersThatAreAttacks(t *testing.T) {
	t.Parallel()
	reg := func(name string) tar.Header { return tar.Header{Typeflag: tar.TypeReg, Name: name} }
	for name, c := range map[string]struct {
		packed []byte
		kind   kernel.Kind
	}{
		"a path above":     {offered(t, reg("../a.rego")), kernel.Invalid},
		"a path around":    {offered(t, reg("a/../../a.rego")), kernel.Invalid},
		"an absolute path": {offered(t, reg("/etc/a.rego")), kernel.Invalid},
		"backslashes":      {offered(t, reg(`..\a.rego`)), kernel.Invalid},
		"a line break":     {offered(t, reg("a\nb.rego")), kernel.Invalid},
		"a link":           {offered(t, tar.Header{Typeflag: tar.TypeSymlink, Name: "a.rego", Linkname: "/etc/passwd"}), kernel.Invalid},
		"a hard link":      {offered(t, reg("a.rego"), tar.Header{Typeflag: tar.TypeLink, Name: "b.rego", Linkname: "a.rego"}), kernel.Invalid},
		"a device":         {offered(t, tar.Header{Typeflag: tar.TypeBlock, Name: "a.rego"}), kernel.Invalid},
		"a pipe":           {offered(t, tar.Header{Typeflag: tar.TypeFifo, Name: "a.rego"}), kernel.Invalid},
		"a file twice":     {offered(t, reg("a.rego"), reg("a.rego")), kernel.Invalid},
		"no policies":      {offered(t, reg("a.sh")), kernel.Invalid},
		"holes":            {tarballtest.Holes(t, "a.rego", 1<<40), kernel.Invalid}, // a.rego0 is none
		"headers alone":    {tarballtest.Headers(t, policy.MaxBytes*2), kernel.TooLarge},
		"no gzip":          {[]byte("package x"), kernel.Invalid},
	} {
		if f, err := policy.Unpack("offered", bytes.NewReader(c.packed), "x"); !kernel.Is(err, c.kind) {
			t.Errorf("%s: %d files, %v, want %s", name, len(f.Modules), err, c.kind)
		}
	}
	many := make([]tar.Header, policy.MaxFiles+1)
	for i := range many {
		many[i] = reg(strings.Repeat("a", i%200+1) + string(rune('a'+i/200)) + ".rego")
	}
	if _, err := policy.Unpack("offered", bytes.NewReader(offered(t, many...)), "x"); !kernel.Is(err, kernel.TooLarge) {
		t.Errorf("many files: %v", err)
	}
}
