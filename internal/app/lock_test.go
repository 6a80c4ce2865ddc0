package app

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestADataDirectoryHasOneProcess(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	first, err := lockData(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = lockData(t.Context(), dir)
	if !kernel.Is(err, kernel.Conflict) || !strings.Contains(err.Error(), dir) {
		t.Fatalf("a second one: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	next, err := lockData(t.Context(), dir)
	if err != nil {
		t.Fatalf("after the first: %v", err)
	}
	_ = next.Close()
}
