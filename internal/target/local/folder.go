package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

// prepare makes the target's folder and returns the marker of its processes,
// which is the same for every daemon that uses the folder.
func prepare(dir string) (marker string, err error) {
	if !filepath.IsAbs(dir) {
		return "", fmt.Errorf("the local target's folder %q is not an absolute path", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", diskError("make the local target's folder", err)
	}
	path := filepath.Join(dir, "instance")
	b, err := os.ReadFile(path)
	if err == nil && len(b) > 0 {
		return strings.TrimSpace(string(b)), nil
	}
	marker = kernel.NewID("local")
	return marker, diskError("write "+path, wholefile.Replace(path, []byte(marker+"\n"), 0o600))
}

// scopeDir returns the folder of a scope's things of one sort.
func scopeDir(dir, sort string, scope kernel.Scope) string {
	return filepath.Join(dir, sort, scope.Tenant, scope.Project, scope.Stage)
}

// diskError says what a person can do about a failed write; nil stays nil.
func diskError(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return kernel.Errorf(kernel.Unavailable, "cannot %s, the disk is full: %w", doing, err).
			WithFix("free space on the disk of Terrace's data folder and try again")
	default:
		return kernel.Errorf(kernel.Unavailable, "cannot %s: %w", doing, err)
	}
}
