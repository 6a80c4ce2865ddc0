package archive_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/terrace-idp/terrace/internal/delivery/bundle/tarball/tarballtest"
	"github.com/terrace-idp/terrace/internal/delivery/module/archive"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func pack(t *testing.T, headers []tar.Header, content string) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	w := tar.NewWriter(zip)
	for _, h := range headers {
		if h.Typeflag == tar.TypeReg || h.Typeflag == 0 {
			h.Size = int64(len(content))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write([]byte(content)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(w.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestReadRefusesWhatIsNotSafe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header tar.Header
		want   string
	}{
		"symbolic link":   {tar.Header{Name: "a", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink}, "link"},
		"hard link":       {tar.Header{Name: "a", Linkname: "b", Typeflag: tar.TypeLink}, "link"},
		"device":          {tar.Header{Name: "a", Typeflag: tar.TypeChar}, "special file"},
		"dot dot":         {tar.Header{Name: "../a", Typeflag: tar.TypeReg}, "leaves the archive"},
		"inner dot dot":   {tar.Header{Name: "a/../../b", Typeflag: tar.TypeReg}, "leaves the archive"},
		"dot dot within":  {tar.Header{Name: "a/../b", Typeflag: tar.TypeReg}, "leaves the archive"},
		"absolute":        {tar.Header{Name: "/a", Typeflag: tar.TypeReg}, "absolute"},
		"absolute folder": {tar.Header{Name: "/a/", Typeflag: tar.TypeDir}, "absolute"},
		"backslash":       {tar.Header{Name: `..\a`, Typeflag: tar.TypeReg}, "not portable"},
		"long path":       {tar.Header{Name: strings.Repeat("a", 300), Typeflag: tar.TypeReg}, "more than 240 bytes"},
		"a line break":    {tar.Header{Name: "a\nb.tf", Typeflag: tar.TypeReg}, "not portable"},
		"a bell":          {tar.Header{Name: "a\x07", Typeflag: tar.TypeReg}, "not portable"},
		"pipe":            {tar.Header{Name: "a", Typeflag: tar.TypeFifo}, "special file"},
		"a state":         {tar.Header{Name: "terraform.tfstate", Typeflag: tar.TypeReg}, "secrets"},
		"plugins":         {tar.Header{Name: ".terraform/x", Typeflag: tar.TypeReg}, "working file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := archive.Read(bytes.NewReader(pack(t, []tar.Header{c.header}, "x")))
			e, ok := errors.AsType[*kernel.Error](err)
			if !ok || e.Kind != kernel.Invalid || len(e.Problems) != 1 || !strings.Contains(e.Problems[0].Message, c.want) {
				t.Fatalf("got %v, want one problem that says %q", err, c.want)
			}
		})
	}
}

func TestReadTellsEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := archive.Read(bytes.NewReader(pack(t, []tar.Header{{Name: "/a"}, {Name: "b"}, {Name: "b"}, {Name: "B"}, {Name: "../c"}}, "x")))
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok || len(e.Problems) != 4 {
		t.Fatalf("got %v, want four problems", err)
	}
}

func TestReadIsBounded(t *testing.T) {
	t.Parallel()
	many := make([]tar.Header, archive.MaxEntries+1)
	for i := range many {
		many[i] = tar.Header{Name: fmt.Sprint("f", i), Typeflag: tar.TypeReg}
	}
	big := strings.Repeat("\x00", archive.MaxUnpacked/2+1)
	noise := make([]byte, archive.MaxPacked+1)
	for name, packed := range map[string][]byte{
		"entries":  pack(t, many, ""),
		"unpacked": pack(t, []tar.Header{{Name: "a"}, {Name: "b"}}, big),
		"packed":   noise,
		"holes":    tarballtest.Holes(t, "a", 1<<40),
		"headers":  tarballtest.Headers(t, 2*archive.MaxUnpacked),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := archive.Read(bytes.NewReader(packed)); !kernel.Is(err, kernel.TooLarge) {
				t.Fatalf("got %v, want too large", err)
			}
		})
	}
}

func TestReadRefusesDamage(t *testing.T) {
	t.Parallel()
	whole := pack(t, []tar.Header{{Name: "a"}}, strings.Repeat("content", 500))
	for name, packed := range map[string][]byte{
		"empty": nil, "no gzip": []byte("hello"), "cut": whole[:len(whole)/2],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := archive.Read(bytes.NewReader(packed)); !kernel.Is(err, kernel.Invalid) {
				t.Fatalf("got %v, want invalid", err)
			}
		})
	}
}

func TestDigestIgnoresMetadata(t *testing.T) {
	t.Parallel()
	read := func(headers ...tar.Header) archive.Files {
		files, err := archive.Read(bytes.NewReader(pack(t, headers, "x")))
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	a := read(tar.Header{Name: "main.tf", Mode: 0o600, Uname: "ada"}, tar.Header{Name: "sub/b.tf"})
	b := read(tar.Header{Name: "./sub/", Typeflag: tar.TypeDir}, tar.Header{Name: "./sub/b.tf"},
		tar.Header{Name: "./main.tf", ModTime: time.Unix(1e9, 0), Mode: 0o755})
	if a.Digest() != b.Digest() {
		t.Fatal("the digest depends on order, times, modes or the spelling of paths")
	}
	if c := read(tar.Header{Name: "main.tf"}); c.Digest() == a.Digest() {
		t.Fatal("a missing file does not change the digest")
	}
}

func TestPackAndReadAreInverse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		files := archive.Files(rapid.MapOf(
			rapid.StringMatching(`[a-z]{1,8}(/[a-z]{1,8}){0,3}\.tf`), rapid.SliceOf(rapid.Byte())).Draw(t, "files"))
		packed, err := files.Pack()
		if err != nil {
			t.Fatal(err)
		}
		again, err := files.Pack()
		if err != nil || !bytes.Equal(packed, again) {
			t.Fatalf("packing twice gives different bytes (%v)", err)
		}
		got, err := archive.Read(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		if got.Digest() != files.Digest() || len(got) != len(files) {
			t.Fatalf("read %v, packed %v", got.Paths(), files.Paths())
		}
	})
}

func TestFromFSLeavesWorkingFiles(t *testing.T) {
	t.Parallel()
	files, err := archive.FromFS(fstest.MapFS{
		"main.tf": {}, "sub/a.tf": {}, ".terraform/modules/x": {}, ".git/config": {}, "terraform.tfstate": {},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"main.tf", "sub/a.tf"}, files.Paths()); diff != "" {
		t.Fatal(diff)
	}
}
