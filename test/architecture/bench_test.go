package architecture

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEveryBenchmarkIsMade says of a benchmark that `make bench` does not know: its figure
// is never seen again.
func TestEveryBenchmarkIsMade(t *testing.T) {
	t.Parallel()
	root := filepath.FromSlash("../..")
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	recipe := regexp.MustCompile(`(?m)^bench:.*\n(\t.*\n)+`).Find(makefile)
	made := strings.Fields(string(recipe))
	is := func(folder string) bool {
		return slices.ContainsFunc(made, func(word string) bool {
			within, tree := strings.CutSuffix(word, "/...")
			return word == folder || tree && strings.HasPrefix(folder+"/", within+"/")
		})
	}
	found := 0
	for _, top := range []string{"internal", "test", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil || !bytes.Contains(text, []byte("\nfunc Benchmark")) {
				return err
			}
			found++
			folder, err := filepath.Rel(root, filepath.Dir(path))
			if folder = "./" + filepath.ToSlash(folder); !is(folder) {
				t.Errorf("%s has a benchmark, and `make bench` leaves it out: name it there", folder)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 15 {
		t.Errorf("%d files with benchmarks were found", found)
	}
}
