package local_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
)

// backedUp is a target with backups of each cache and database every day, three of each.
func backedUp(t *testing.T) (a aged, blobs string) {
	t.Helper()
	now, blobs := time.Now(), t.TempDir()
	d := dbtest.SQLite(t, localsql.Migrations())
	store, err := blob.Open(context.Background(), "file://"+blobs, nil)
	if err != nil {
		t.Fatal(err)
	}
	a = aged{config: localtest.Config(d, t.TempDir()), now: &now}
	a.config.Clock = func() time.Time { return now }
	a.config.Backups, a.config.BackupEvery, a.config.BackupsKept = localsql.NewBackups(d, localtest.Sealer(), store), 24*time.Hour, 3
	a.Target = localtest.Start(t, a.config)
	return a, blobs
}

func (a aged) due(t *testing.T) {
	t.Helper()
	if err := a.BackUpDue(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func (a aged) backups(t *testing.T, kind local.Kind, name string) []local.Backup {
	t.Helper()
	page, err := a.ListBackups(context.Background(), localtest.Scope("dev"), local.BackupFilter{Kind: kind, Name: name}, kernel.PageRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return page.Items
}

func (a aged) restore(t *testing.T, b local.Backup, into string) {
	t.Helper()
	before, err := a.RestoreBackup(context.Background(), localtest.Scope("dev"), b.ID, into)
	if err != nil || before.ID == b.ID {
		t.Fatalf("restore: %+v, %v", before, err)
	}
}

func TestBackupsOfADatabase(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("mariadb-dump"); err != nil {
		t.Skip("MariaDB is not installed")
	}
	a, blobs := backedUp(t)
	base := mustPut(t, a.Target, local.MySQLDatabases, "orders-db", object{})
	other := mustPut(t, a.Target, local.MySQLDatabases, "copy", object{})
	ask := func(o local.Object, statement string) string {
		return mariadbCLI(o, password(t, a.Target, o), statement)
	}
	ask(base, "CREATE TABLE orders (id INT PRIMARY KEY, note TEXT) ENGINE=InnoDB; INSERT INTO orders SELECT seq, CONCAT('größe ', seq) FROM seq_1_to_1000; CREATE VIEW late AS SELECT * FROM orders WHERE id > 900")
	a.due(t)
	all := a.backups(t, local.MySQLDatabases, "orders-db")
	if len(all) != 1 || all[0].Size == 0 {
		t.Fatalf("after the first day there are %+v", all)
	}
	noFileHas(t, blobs, "größe")
	ask(base, "DELETE FROM orders WHERE id > 10; CREATE TABLE later (n INT)")
	const counts = "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM late), (SELECT note FROM orders WHERE id = 7), (SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE())"
	if got := ask(base, counts); got != "10\t0\tgröße 7\t3" {
		t.Fatalf("before it is restored: %q", got)
	}
	a.restore(t, all[0], "")
	a.restore(t, all[0], "copy")
	for _, o := range []local.Object{base, other} {
		if got := ask(o, counts); got != "1000\t100\tgröße 7\t2" {
			t.Errorf("%s, restored: %q", o.Name, got)
		}
	}
	if got := a.backups(t, local.MySQLDatabases, "orders-db"); len(got) != 2 {
		t.Errorf("what there was has no backup: %+v", got)
	} else {
		a.restore(t, got[0], "")
	}
	if got := ask(base, counts); got != "10\t0\tgröße 7\t3" {
		t.Errorf("taken back: %q", got)
	}
	_, err := a.RestoreBackup(context.Background(), localtest.Scope("dev"), all[0].ID, "nowhere")
	if !kernel.Is(err, kernel.NotFound) {
		t.Errorf("into what is not there: %v", err)
	}
	_, err = a.RestoreBackup(context.Background(), localtest.Scope("prod"), all[0].ID, "")
	if !kernel.Is(err, kernel.NotFound) {
		t.Errorf("at another stage: %v", err)
	}
}

func TestBackupsOfACache(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not installed")
	}
	ctx := context.Background()
	a, blobs := backedUp(t)
	cache := mustPut(t, a.Target, local.Caches, "sessions", object{})
	client := cacheClient(t, a.Target, cache)
	for i := range 500 {
		if err := client.Set(ctx, fmt.Sprint("k", i), strings.Repeat("v", 10), 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	a.due(t)
	all := a.backups(t, local.Caches, "sessions")
	if len(all) != 1 {
		t.Fatalf("after the first day there are %+v", all)
	}
	client.FlushAll(ctx)
	client.Set(ctx, "later", "1", 0)
	a.restore(t, all[0], "")
	count := func() int64 {
		n, _ := client.DBSize(ctx).Result()
		return n
	}
	localtest.Eventually(t, func() string {
		if n := count(); n != 500 {
			return fmt.Sprintf("500 keys, not %d", n)
		}
		return ""
	})
	client.Set(ctx, "after", "1", 0)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	a.Target = localtest.Start(t, a.config)
	localtest.Eventually(t, func() string {
		if n := count(); n != 501 {
			return fmt.Sprintf("501 keys after a restart, not %d", n)
		}
		return ""
	})
	for range 6 {
		*a.now = a.now.Add(25 * time.Hour)
		a.due(t)
	}
	if got := a.backups(t, local.Caches, "sessions"); len(got) != 3 || !got[0].CreatedAt.Equal(a.config.Clock.Now()) {
		t.Errorf("after a week there are %d backups, the newest of %v", len(got), got)
	}
	if err := a.Delete(ctx, localtest.Caller("dev", "sessions"), local.Caches, "sessions"); err != nil {
		t.Fatal(err)
	}
	*a.now = a.now.Add(31 * 24 * time.Hour)
	a.due(t)
	files := 0
	for _, e := range entries(t, blobs) {
		if strings.HasPrefix(e, "bak_") {
			files++
		}
	}
	if got := a.backups(t, local.Caches, ""); len(got) != 0 || files != 0 {
		t.Errorf("a month after the cache's end there are %d backups and %d copies", len(got), files)
	}
}

// entries are the names of all files beneath a folder.
func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.IsDir() {
			names = append(names, entries(t, dir+"/"+e.Name())...)
		} else {
			names = append(names, e.Name())
		}
	}
	return names
}
