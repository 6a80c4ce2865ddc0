package release_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/bundle/tarball/tarballtest"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/release/releasesql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// entry is one entry of an archive.
type entry struct {
	kind         byte
	name, target string
	body         string
}

func file(name string) entry         { return entry{tar.TypeReg, name, "", "x"} }
func dir(name string) entry          { return entry{kind: tar.TypeDir, name: name} }
func link(name, target string) entry { return entry{tar.TypeSymlink, name, target, ""} }

func pack(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, e := range entries {
		h := &tar.Header{Typeflag: e.kind, Name: e.name, Linkname: e.target, Size: int64(len(e.body)), Mode: 0o644}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.body); err != nil {
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

func TestArtifactsAreKeptByContent(t *testing.T) {
	t.Parallel()
	each(t, func(ctx context.Context, t *testing.T, w *world) {
		content := pack(t, dir("./"), file("./app"), dir("lib/"), file("lib/a"), link("lib/b", "a"), link("top", "lib/../app"), entry{tar.TypeLink, "hard", "lib/a", ""})
		a, err := w.PutArtifact(ctx, scope(), bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		if a.Digest != kernel.DigestOf(content) || a.Size != int64(len(content)) {
			t.Errorf("artifact %+v", a)
		}
		if again, err := w.PutArtifact(ctx, scope(), bytes.NewReader(content)); err != nil || again != a || len(w.facts) != 1 {
			t.Errorf("the same again: %+v, %v, facts %v", again, err, w.factTypes())
		}
		r, err := w.OpenArtifact(ctx, a.Digest)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes come back, %v", len(got), err)
		}
		rel := create(ctx, t, w, release.New{Workload: orders(t, ""), Artifacts: map[string]kernel.Digest{"main": a.Digest}})
		if rel.Artifacts["main"] != a {
			t.Errorf("the release has %+v", rel.Artifacts)
		}
		if left, err := os.ReadDir(w.config.Spool); err != nil || len(left) != 0 {
			t.Errorf("uploads are left behind: %v, %v", left, err)
		}
	})
}

func TestArtifactsOfAnotherProjectCannotBeUsed(t *testing.T) {
	t.Parallel()
	each(t, func(ctx context.Context, t *testing.T, w *world) {
		other := kernel.Scope{Tenant: "default", Project: "other"}
		a, err := w.PutArtifact(ctx, other, bytes.NewReader(pack(t, file("app"))))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Artifact(ctx, scope(), a.Digest); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("the record: %v", err)
		}
		n := release.New{Workload: orders(t, ""), Artifacts: map[string]kernel.Digest{"main": a.Digest}}
		if _, err := w.Create(ctx, scope(), n); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("a release with it: %v", err)
		}
	})
}

func TestUnsafeArtifactsAreRefused(t *testing.T) {
	t.Parallel()
	many := make([]entry, release.MaxEntries+1)
	for i := range many {
		many[i] = dir(fmt.Sprintf("d%d", i))
	}
	cases := map[string]struct {
		reason  string
		content []byte
		kind    kernel.Kind
	}{
		"no gzip":            {"plain text is no archive", []byte("hello"), kernel.Invalid},
		"no tar":             {"gzip of something else is no archive", zipped(t, bytes.Repeat([]byte("x"), 2048)), kernel.Invalid},
		"cut off":            {"half an archive is none", pack(t, file("app"))[:60], kernel.Invalid},
		"empty":              {"there is nothing to run", pack(t), kernel.Invalid},
		"absolute":           {"it would be written anywhere", pack(t, file("/etc/passwd")), kernel.Invalid},
		"dots":               {"it leads out", pack(t, file("a/../../b")), kernel.Invalid},
		"backslashes":        {"it leads out elsewhere", pack(t, file(`..\b`)), kernel.Invalid},
		"device":             {"devices are not files", pack(t, entry{kind: tar.TypeChar, name: "null"}), kernel.Invalid},
		"pipe":               {"pipes are not files", pack(t, entry{kind: tar.TypeFifo, name: "pipe"}), kernel.Invalid},
		"absolute link":      {"it leads out", pack(t, file("app"), link("l", "/etc")), kernel.Invalid},
		"link out":           {"it leads out", pack(t, file("app"), link("a/l", "../../b")), kernel.Invalid},
		"link out, last":     {"the order has no meaning", pack(t, link("a/b/l", "../../../etc"), file("app")), kernel.Invalid},
		"two links":          {"x is the root itself, so x/.. is above it", pack(t, file("app"), link("x", "."), link("y", "x/..")), kernel.Invalid},
		"behind a link":      {"it would be written through the link", pack(t, link("l", "lib"), file("l/app")), kernel.Invalid},
		"folder behind one":  {"it would be made through the link", pack(t, file("app"), link("l", "lib"), dir("l/sub")), kernel.Invalid},
		"link behind one":    {"it would be made through the link", pack(t, file("app"), link("x", "."), link("x/y", "..")), kernel.Invalid},
		"link, then a file":  {"the file would replace what the link points to", pack(t, link("l", "app"), file("l")), kernel.Invalid},
		"file twice":         {"one of them would be lost", pack(t, file("app"), file("./app")), kernel.Invalid},
		"hard link out":      {"it leads out", pack(t, entry{tar.TypeLink, "l", "../x", ""}), kernel.Invalid},
		"hard link to links": {"it could lead out", pack(t, link("l", "x"), entry{tar.TypeLink, "h", "l", ""}), kernel.Invalid},
		"too many":           {"10,000 entries are the bound", pack(t, many...), kernel.TooLarge},
		"too large":          {"1 GiB unpacked is the bound", bomb(t), kernel.TooLarge},
		"a file of holes":    {"a terabyte is made of nothing", tarballtest.Holes(t, "app", 1<<40), kernel.TooLarge},
		"files of holes":     {"each is small, and all together are not", tarballtest.Holes(t, "app", release.MaxUnpacked/2+1, release.MaxUnpacked/2+1), kernel.TooLarge},
		"a socket of old":    {"what is unknown is no file", pack(t, entry{kind: '8', name: "s"}), kernel.Invalid},
		"a line break":       {"it would be two lines of a log", pack(t, file("a\nb")), kernel.Invalid},
		"a bell":             {"terminals obey it", pack(t, file("a\x1b[2Jb")), kernel.Invalid},
		"a long path":        {"no disk has it", pack(t, file(strings.Repeat("a", release.MaxPath+1))), kernel.Invalid},
		"deep folders":       {"each entry would be looked at for each of them", pack(t, file(strings.Repeat("a/", 500_000)+"a")), kernel.Invalid},
		"a long link":        {"no disk has it", pack(t, file("app"), link("l", strings.Repeat("a/", release.MaxPath))), kernel.Invalid},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, dbtest.SQLite(t, releasesql.Migrations()))
			_, err := w.PutArtifact(asAda(t.Context()), scope(), bytes.NewReader(c.content))
			if !kernel.Is(err, c.kind) {
				t.Errorf("%s: got %v, want %s", c.reason, err, c.kind)
			}
			if left, _ := os.ReadDir(w.config.Spool); len(left) != 0 || len(w.facts) != 0 {
				t.Errorf("left behind: %v, facts %v", left, w.factTypes())
			}
		})
	}
}

// TestPathsAreNotKept has an archive of some 200 KiB with paths of 130 MiB: none of them
// stays in memory.
func TestPathsAreNotKept(t *testing.T) { //nolint:paralleltest // it looks at the memory of the process
	if testing.Short() {
		t.Skip("it unpacks gigabytes")
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	a := tar.NewWriter(z)
	for i := range 150 {
		h := &tar.Header{Typeflag: tar.TypeSymlink, Name: fmt.Sprint("l", i), Linkname: strings.Repeat("a", 900<<10)}
		if err := a.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(a.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, dbtest.SQLite(t, releasesql.Migrations()))
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	_, err = w.PutArtifact(asAda(t.Context()), scope(), bytes.NewReader(b.Bytes()))
	runtime.ReadMemStats(&now)
	if !kernel.Is(err, kernel.Invalid) {
		t.Errorf("got %v", err)
	}
	if grown := int64(now.HeapInuse) - int64(before.HeapInuse); grown > 64<<20 {
		t.Errorf("%d MiB are taken for %d KiB", grown>>20, b.Len()>>10)
	}
}

// TestWhoLeavesIsNotWaitedFor: what is left of a large archive is not read.
func TestWhoLeavesIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t, releasesql.Migrations()))
	ctx, leave := context.WithCancel(asAda(t.Context()))
	leave()
	if _, err := w.PutArtifact(ctx, scope(), bytes.NewReader(pack(t, file("app")))); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(w.config.Spool); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestUploadsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t, releasesql.Migrations()))
	_, err := w.PutArtifact(asAda(t.Context()), scope(), io.LimitReader(zeros{}, release.MaxPacked+1))
	if !kernel.Is(err, kernel.TooLarge) {
		t.Errorf("got %v", err)
	}
	w.denied = release.ActionUpload
	if _, err := w.PutArtifact(asAda(t.Context()), scope(), zeros{}); !kernel.Is(err, kernel.Denied) {
		t.Errorf("who may not: %v", err)
	}
	if _, err := w.OpenArtifact(t.Context(), "sha256:../../x"); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("a digest that is none: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func zipped(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb is a small archive with more than a GiB of zeros in it.
func bomb(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	const size = release.MaxUnpacked + 1
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "zeros", Size: size}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(w, zeros{}, size); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
