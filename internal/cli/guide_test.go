package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAnEmptyStyleGuideIsAMistakeInAFile at each command that takes one, before a server is asked.
func TestAnEmptyStyleGuideIsAMistakeInAFile(t *testing.T) {
	t.Parallel()
	file, doc := filepath.Join(t.TempDir(), "guide.yaml"), filepath.Join(t.TempDir(), "openapi.yaml")
	for _, path := range []string{file, doc} {
		if err := os.WriteFile(path, []byte(" \n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range [][]string{
		{"api", "guide", "--set", file},
		{"api", "lint", doc, "--guide", file},
	} {
		if code, said := try(line); code != 1 || !strings.Contains(said, file) || !strings.Contains(said, "empty") {
			t.Errorf("%v: exit %d, %s", line[:2], code, said)
		}
	}
}
