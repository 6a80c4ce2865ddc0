package architecture

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDecisionsHaveNumbersOfTheirOwn by which texts name them.
func TestDecisionsHaveNumbersOfTheirOwn(t *testing.T) {
	t.Parallel()
	folder := filepath.FromSlash("../../docs/decisions")
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]string{}
	for _, f := range files {
		number, _, ok := strings.Cut(f.Name(), "-")
		if !ok || len(number) != 4 {
			continue
		}
		if other := has[number]; other != "" {
			t.Errorf("%s and %s have one number: give the later one the next that is free", other, f.Name())
		}
		has[number] = f.Name()
		text, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if title := "# " + strings.TrimLeft(number, "0") + ". "; err != nil || !strings.HasPrefix(string(text), title) {
			t.Errorf("%s does not begin with %q: %v", f.Name(), title, err)
		}
	}
	if len(has) < 40 {
		t.Errorf("%d decisions were found", len(has))
	}
}
