package local_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
)

func TestAFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	target := localtest.Start(t, localtest.Config(dbtest.SQLite(t, localsql.Migrations()), dir))
	_, err := put(t, target, local.Services, "orders", web(app(t, target), "1.0.0", nil))
	if !kernel.Is(err, kernel.Unavailable) || !strings.Contains(err.Error(), "the disk is full") || !strings.Contains(err.Error(), "free space") {
		t.Fatalf("got %v", err)
	}
	for _, left := range []string{"artifacts/*", "artifacts/.unpack-*", "services/acme/shop/dev/*"} {
		if found, _ := filepath.Glob(filepath.Join(dir, left)); len(found) > 0 {
			t.Errorf("left behind: %v", found)
		}
	}
	small := string(target.Artifacts.Add(localtest.Bundle(t, localtest.File{Name: "x", Content: []byte("x")})))
	spec := object{"containers": object{"main": object{"artifact": small, "command": []string{"sleep", "1000"}}}}
	// A child that another test forks at this moment holds the removed file,
	// and so its space, until it runs its own program.
	localtest.Eventually(t, func() string {
		_, err := put(t, target, local.Services, "orders", spec)
		if err != nil {
			return "with less to store it must work: " + err.Error()
		}
		return ""
	})
}
