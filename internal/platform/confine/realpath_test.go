package confine

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRealPaths: what is told of a path is what following it alone tells.
func TestRealPaths(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a/b/c", "a/x"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "a", "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{
		"l": "a", "a/up": "../a/b", "a/b/abs": filepath.Join(dir, "a", "x"), "gone": "nowhere", "round": "round", "a/twice": "../l/up/c",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	found := realPaths{}
	for _, name := range []string{
		"", "a", "a/b/c", "l", "l/b/c", "l/up", "l/up/c", "l/up/abs", "l/up/abs/..", "a/twice", "a/twice/x", "gone", "gone/x", "round", "round/x",
		"a/file", "a/file/x", "l/file", "missing", "missing/x", "a//b", "a/./b", "l/up/..", "a/b/",
	} {
		for _, path := range []string{dir + "/" + name, name} {
			want, err := filepath.EvalSymlinks(path)
			if err != nil {
				want = path
			}
			if got := found.of(path); got != want {
				t.Errorf("%s is %s, want %s", path, got, want)
			}
		}
	}
	if got := found.of("/"); got != "/" {
		t.Errorf("the root is %s", got)
	}
}
