package local_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
)

// TestArtifactsThatNothingRunsOfAreRemoved replaces a version, removes its service, and
// begins with a folder in which a former daemon has left one.
func TestArtifactsThatNothingRunsOfAreRemoved(t *testing.T) {
	t.Parallel()
	c := localtest.Config(dbtest.SQLite(t, localsql.Migrations()), t.TempDir())
	unpacked := func() (names []string) {
		entries, err := os.ReadDir(filepath.Join(c.Dir, "artifacts"))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	only := func(want ...string) func() bool {
		return func() bool {
			got := unpacked()
			return len(got) == len(want) && (len(want) == 0 || got[0] == kernel.Digest(want[0]).Hex())
		}
	}
	wait := func(what string, done func() bool) {
		t.Helper()
		localtest.Eventually(t, func() string {
			if done() {
				return ""
			}
			return fmt.Sprint(what, ", but there are ", unpacked())
		})
	}
	if err := os.MkdirAll(filepath.Join(c.Dir, "artifacts", "0123"), 0o700); err != nil {
		t.Fatal(err)
	}
	target := localtest.Start(t, c)
	wait("what a former daemon left is removed", only())
	first, second := app(t, target), app(t, target, localtest.File{Name: "new", Mode: 0o644})
	mustPut(t, target, local.Services, "orders", web(first, "1", nil))
	wait("the first one is there", only(first))
	mustPut(t, target, local.Services, "orders", web(second, "2", nil))
	wait("only the second one is there", only(second))
	if err := target.Delete(t.Context(), localtest.Caller("dev", "orders"), local.Services, "orders"); err != nil {
		t.Fatal(err)
	}
	wait("none is there", only())
}
