package vcs_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
)

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func pageOf(size int) kernel.PageRequest { return kernel.PageRequest{Limit: size} }
