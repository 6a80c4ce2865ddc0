package wholefile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

func TestReplaceAndCreate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	read := func(want string, mode fs.FileMode) {
		t.Helper()
		got, err := os.ReadFile(path)
		info, statErr := os.Stat(path)
		if errors.Join(err, statErr) != nil || string(got) != want || info.Mode() != mode {
			t.Fatalf("%q, %v, %v, %v", got, info, err, statErr)
		}
	}
	if err := wholefile.Create(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	read("first", 0o600)
	if err := wholefile.Create(path, []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("over a file that is there: %v", err)
	}
	read("first", 0o600)
	if err := wholefile.Replace(path, []byte("third"), 0o644); err != nil {
		t.Fatal(err)
	}
	read("third", 0o644)
	if err := wholefile.Replace(filepath.Join(dir, "none", "f"), nil, 0o600); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a folder that is not: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}
