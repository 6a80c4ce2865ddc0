package local_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
)

// password reads what an object's password_reference stands for.
func password(t *testing.T, target *localtest.Target, o local.Object) string {
	t.Helper()
	name := strings.TrimSuffix(strings.TrimPrefix(o.Outputs["password_reference"].(string), "${secret:"), "}")
	ctx := kernel.WithActor(context.Background(), kernel.System("test", "acme"))
	value, err := target.Secrets.Reveal(ctx, o.Scope, secretref.Reference{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func addrOf(o local.Object) string {
	return net.JoinHostPort(o.Outputs["host"].(string), fmt.Sprint(o.Outputs["port"]))
}

func cacheClient(t *testing.T, target *localtest.Target, o local.Object) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: addrOf(o), Username: o.Outputs["username"].(string), Password: password(t, target, o)})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// noFileHas looks for a secret in the clear.
func noFileHas(t *testing.T, dir, secret string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(secret)) {
			t.Errorf("%s has the secret in the clear", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestCache(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	c := localtest.Config(dbtest.SQLite(t, localsql.Migrations()), dir)
	target := localtest.Start(t, c)
	made := mustPut(t, target, local.Caches, "sessions", object{})
	if err := cacheClient(t, target, made).Set(ctx, "k", "v", 0).Err(); err != nil {
		t.Fatalf("use the cache: %v", err)
	}
	stranger := redis.NewClient(&redis.Options{Addr: addrOf(made)})
	defer func() { _ = stranger.Close() }()
	if err := stranger.Get(ctx, "k").Err(); err == nil || !strings.Contains(err.Error(), "NOAUTH") {
		t.Errorf("without the password: %v", err)
	}
	if other := mustPut(t, target, local.Caches, "other", object{}); addrOf(other) == addrOf(made) {
		t.Error("two caches are one")
	}
	if _, err := exec.LookPath("redis-server"); err != nil {
		if made.Outputs["engine"] != "embedded" {
			t.Errorf("the engine is %v", made.Outputs["engine"])
		}
		t.Skip("redis-server is not installed: what it keeps over a restart is not tested")
	}
	if engine := made.Outputs["engine"].(string); !strings.HasPrefix(engine, "redis-server ") {
		t.Errorf("the engine is %q", engine)
	}
	noFileHas(t, dir, password(t, target, made))
	if err := target.Close(); err != nil {
		t.Fatal(err)
	}
	again := localtest.Start(t, c)
	client := cacheClient(t, again, made)
	localtest.Eventually(t, func() string {
		if v, err := client.Get(ctx, "k").Result(); err != nil || v != "v" {
			return fmt.Sprintf("after a restart: %q, %v", v, err)
		}
		return ""
	})
	if err := again.Delete(ctx, localtest.Caller("dev", "sessions"), local.Caches, "sessions"); err != nil {
		t.Fatal(err)
	}
	if err := client.Ping(ctx).Err(); err == nil {
		t.Error("after the deletion it still answers")
	}
}

func openMySQL(t *testing.T, target *localtest.Target, o local.Object) *sql.DB {
	t.Helper()
	c := driver.NewConfig()
	c.Net, c.Addr, c.User, c.Passwd = "tcp", addrOf(o), o.Outputs["username"].(string), password(t, target, o)
	c.DBName = o.Outputs["database"].(string)
	c.Logger = &driver.NopLogger{}
	connector, err := driver.NewConnector(c)
	if err != nil {
		t.Fatal(err)
	}
	pool := sql.OpenDB(connector)
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

func TestMySQL(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("mariadb-install-db"); err != nil {
		t.Skip("MariaDB is not installed")
	}
	ctx := context.Background()
	c := localtest.Config(dbtest.SQLite(t, localsql.Migrations()), t.TempDir())
	target := localtest.Start(t, c)
	orders := mustPut(t, target, local.MySQLDatabases, "orders-db", object{})
	billing := mustPut(t, target, local.MySQLDatabases, "billing", object{})
	if addrOf(orders) != addrOf(billing) {
		t.Error("a stage has two servers")
	}
	pool := openMySQL(t, target, orders)
	for _, statement := range []string{"CREATE TABLE t (n INT)", "INSERT INTO t VALUES (42)"} {
		if _, err := pool.ExecContext(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if _, err := pool.ExecContext(ctx, "CREATE TABLE billing.t (n INT)"); err == nil {
		t.Error("one user may change another's database")
	}
	if err := target.Close(); err != nil {
		t.Fatal(err)
	}
	again := localtest.Start(t, c)
	localtest.Eventually(t, func() string {
		var n int
		if err := pool.QueryRowContext(ctx, "SELECT n FROM t").Scan(&n); err != nil || n != 42 {
			return fmt.Sprintf("after a restart: %d, %v", n, err)
		}
		return ""
	})
	if diff := cmp.Diff(orders.Outputs, mustPut(t, again, local.MySQLDatabases, "orders-db", object{}).Outputs); diff != "" {
		t.Errorf("the outputs have changed:\n%s", diff)
	}
	if _, err := pool.ExecContext(ctx, "DROP DATABASE orders_db"); err != nil {
		t.Fatal(err)
	}
	caller := localtest.Caller("dev", "orders-db")
	if _, err := again.Get(ctx, caller, local.MySQLDatabases, "orders-db"); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("a dropped database: %v", err)
	}
	for _, name := range []string{"orders-db", "billing"} {
		if err := again.Delete(ctx, localtest.Caller("dev", name), local.MySQLDatabases, name); err != nil {
			t.Fatal(err)
		}
	}
	if conn, err := net.Dial("tcp", addrOf(orders)); err == nil {
		_ = conn.Close()
		t.Error("after the last database the server still runs")
	}
}

func TestTopicsGetAPasswordThatIsKept(t *testing.T) {
	t.Parallel()
	target := start(t)
	first := mustPut(t, target, local.TopicsKind, "events", object{"retention_hours": 24})
	secret := password(t, target, first)
	second := mustPut(t, target, local.TopicsKind, "events", object{"retention_hours": 48})
	if password(t, target, second) != secret || len(secret) < 16 {
		t.Error("the password has changed, or is short")
	}
	if second.Outputs["subject"] != "shop.dev.events" || second.Outputs["port"] != 4222 {
		t.Errorf("outputs: %v", second.Outputs)
	}
}
