package app

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/keyring/keyringsql"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runlog"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// TestTheLogsOfATenantGoWithIt: first nothing opens them any more, then they are removed,
// here and among the blobs, and those of others stay.
func TestTheLogsOfATenantGoWithIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrations(), func(t *testing.T, d *db.DB) {
		ctx, dir, store := t.Context(), t.TempDir(), runsql.NewStore(d)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		blobs, err := blob.Open(ctx, "file://"+filepath.Join(dir, "blobs"), nil)
		must(err)
		process := func() *runlog.Logs {
			sealer, err := seal.Open(ctx, seal.Config{URL: "file://" + filepath.Join(dir, "kek"), Store: keyringsql.NewStore(d)})
			must(err)
			l, err := runlog.New(runlog.Config{Folder: filepath.Join(dir, "logs"), Sealer: sealer, Blobs: blobs, Index: store})
			must(err)
			return l
		}
		told := func(l *runlog.Logs, tenant, id string) {
			must(store.Insert(ctx, run.Run{ID: id, Scope: kernel.Scope{Tenant: tenant, Project: "shop", Stage: "dev"}, Stack: id, Status: run.Succeeded}))
			must(l.Append(ctx, tenant, id, run.Event{Message: "told"}))
		}
		first := process()
		told(first, "acme", "run_1")
		told(first, "acme-too", "run_2")
		must(first.Close(ctx))
		told(first, "acme", "run_3") // stays here
		must(keyringsql.NewStore(d).Destroy(ctx, "acme", time.Now()))
		next := process()
		for _, id := range []string{"run_1", "run_3"} {
			if lines, _, _, err := next.Read(ctx, id, 0); err == nil {
				t.Errorf("the keys are destroyed, and %s reads %q", id, lines)
			}
		}
		_, here, err := runLogs{d, next}.Erase(ctx, "acme")
		must(err)
		_, there, err := objects{d, blobs}.Erase(ctx, "acme")
		if err != nil || here != 1 || there != 1 {
			t.Errorf("removed were %d files and %d blobs, %v", here, there, err)
		}
		if lines, _, _, err := next.Read(ctx, "run_2", 0); err != nil || len(lines) == 0 {
			t.Errorf("another's has %q, %v", lines, err)
		}
	})
}
