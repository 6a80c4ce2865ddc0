package cli_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/cli/exit"
)

// packed is an archive with one file, whose manifest says what it should have.
func packed(t *testing.T, content, said string, names ...string) []byte {
	t.Helper()
	var raw bytes.Buffer
	z := zip.NewWriter(&raw)
	manifest := fmt.Sprintf(`{"files":[{"name":"a.jsonl","sha256":"%x"}]}`, sha256.Sum256([]byte(said)))
	for _, f := range append([][2]string{{"a.jsonl", content}, {"manifest.json", manifest}}, extra(names)...) {
		w, err := z.Create(f[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return raw.Bytes()
}

func extra(names []string) (all [][2]string) {
	for _, name := range names {
		all = append(all, [2]string{name, "x"})
	}
	return all
}

// overlapping is an archive in which files of many names are one file of zeros: 24 KiB that
// are read as a gibibyte.
func overlapping(t *testing.T) []byte {
	t.Helper()
	const names, zeros = 100, 10 << 20
	var raw bytes.Buffer
	z := zip.NewWriter(&raw)
	sum := sha256.Sum256(make([]byte, zeros))
	var listed []string
	for i := range names {
		listed = append(listed, fmt.Sprintf(`{"name":"a%02d","sha256":"%x"}`, i, sum))
	}
	for _, f := range []struct {
		name    string
		content []byte
	}{{"a00", make([]byte, zeros)}, {"manifest.json", []byte(`{"files":[` + strings.Join(listed, ",") + `]}`)}} {
		w, err := z.Create(f.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	// The first record of the directory comes once for each name.
	all := raw.Bytes()
	directory := bytes.Index(all, []byte("PK\x01\x02"))
	second := directory + 4 + bytes.Index(all[directory+4:], []byte("PK\x01\x02"))
	end := bytes.LastIndex(all, []byte("PK\x05\x06"))
	first, out := all[directory:second], bytes.Clone(all[:second])
	for i := 1; i < names; i++ {
		out = append(out, bytes.Replace(first, []byte("a00"), fmt.Appendf(nil, "a%02d", i), 1)...)
	}
	out = append(out, all[second:end]...)
	tail := bytes.Clone(all[end:])
	binary.LittleEndian.PutUint16(tail[8:], names+1)
	binary.LittleEndian.PutUint16(tail[10:], names+1)
	binary.LittleEndian.PutUint32(tail[12:], uint32(len(out)-directory))
	return append(out, tail...)
}

// An archive gets its name only where it is whole, and what its manifest says.
func TestAnArchiveOfATenantIsCheckedBeforeItIsKept(t *testing.T) {
	t.Parallel()
	whole := packed(t, "one", "one")
	for name, c := range map[string]struct {
		answer []byte
		want   int
	}{
		"whole":                          {whole, exit.OK},
		"cut off":                        {whole[:len(whole)-30], exit.Unavailable},
		"nothing":                        {nil, exit.Unavailable},
		"damaged":                        {packed(t, "two", "one"), exit.Unavailable},
		"more than the manifest says":    {packed(t, "one", "one", "b.jsonl"), exit.Unavailable},
		"files over each other":          {overlapping(t), exit.Unavailable},
		"two files of a name in the zip": {packed(t, "one", "one", "a.jsonl"), exit.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/zip")
				_, _ = w.Write(c.answer)
			}))
			defer server.Close()
			dir := t.TempDir()
			file := filepath.Join(dir, "acme.zip")
			code, said := try([]string{"tenant", "export", "acme", "--file", file, "--address", server.URL, "--token", "terr_x"})
			if code != c.want || strings.HasPrefix(name, "files over") != strings.Contains(said, "lie over each other") {
				t.Errorf("exit %d, %s", code, said)
			}
			left, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			if kept := len(left) == 1 && left[0].Name() == "acme.zip"; kept != (c.want == exit.OK) || !kept && len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}
