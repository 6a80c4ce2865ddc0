package app

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/keyring/keyringsql"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runlog"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/governance/leak/leaksql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
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

// TestWhatWasFoundInALogEndsWithIt: when all of it was kept for long enough.
func TestWhatWasFoundInALogEndsWithIt(t *testing.T) {
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
		sealer, err := seal.Open(ctx, seal.Config{URL: "file://" + filepath.Join(dir, "kek"), Store: keyringsql.NewStore(d)})
		must(err)
		found := leaksql.NewStore(d)
		leaks := leak.New(leak.Config{Store: found, Apart: found, Values: found, Sealer: sealer, Authorizer: anywhere{}, Journal: anybody{}, Tx: d, Scanner: leakscan.New()})
		now := time.Now()
		logs, err := runlog.New(runlog.Config{
			Folder: filepath.Join(dir, "logs"), Sealer: sealer, Blobs: blobs, Index: logIndex{store, d, leaks}, Keep: time.Hour, Clock: func() time.Time { return now },
		})
		must(err)
		scope := kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}
		for _, id := range []string{"run_1", "run_2"} {
			must(store.Insert(ctx, run.Run{ID: id, Scope: scope, Workload: "of-" + id, Stack: id, Status: run.Succeeded}))
			must(logs.Append(ctx, "acme", id, run.Event{Message: shownToken, Time: now}))
			_, err := leaks.Inspect(ctx, scope, leak.Place{Kind: leak.Log, Workload: "of-" + id, Run: id}, shownToken)
			must(err)
			must(logs.Close(ctx))
			now = now.Add(40 * time.Minute)
		}
		must(logs.Expire(ctx))
		states := map[string]leak.State{}
		page, err := leaks.List(ctx, scope, leak.Filter{All: true}, kernel.PageRequest{})
		must(err)
		for _, f := range page.Items {
			states[f.Place.Run] = f.State
		}
		if states["run_1"] != leak.Resolved || states["run_2"] != leak.Open {
			t.Errorf("%v", states)
		}
	})
}
