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
	recipe := bytes.Join(regexp.MustCompile(`(?m)^bench[a-z-]*:.*\n(\t.*\n)+`).FindAll(makefile, -1), nil)
	made := func(folder, name string) bool {
		return slices.ContainsFunc(strings.Split(string(recipe), "\n"), func(line string) bool { return makes(t, line, folder, name) })
	}
	declared := regexp.MustCompile(`(?m)^func Benchmark(\w*)\(`)
	found := 0
	for _, top := range []string{"internal", "test", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			folder, err := filepath.Rel(root, filepath.Dir(path))
			folder = "./" + filepath.ToSlash(folder)
			for _, name := range declared.FindAllSubmatch(text, -1) {
				if found++; !made(folder, string(name[1])) {
					t.Errorf("`make bench` leaves out Benchmark%s of %s: name it there", name[1], folder)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 25 {
		t.Errorf("%d benchmarks were found", found)
	}
}

// makes reports whether a line of the recipe runs a benchmark of a folder: by a word of its
// own or a tree, and by the expression of -bench.
func makes(t *testing.T, line, folder, name string) bool {
	t.Helper()
	words := strings.Fields(line)
	i := slices.Index(words, "-bench")
	if i < 0 || i+1 == len(words) {
		return false
	}
	asked, err := regexp.Compile(strings.ReplaceAll(strings.Trim(words[i+1], "'"), "$$", "$"))
	if err != nil {
		t.Fatal(err)
	}
	return asked.MatchString("Benchmark"+name) && slices.ContainsFunc(words, func(word string) bool {
		within, tree := strings.CutSuffix(word, "/...")
		return word == folder || tree && strings.HasPrefix(folder+"/", within+"/")
	})
}
