package cli_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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
			if code != c.want {
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
