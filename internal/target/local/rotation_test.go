package local_test

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
)

// aged is a target whose clock is moved by hand.
type aged struct {
	*localtest.Target

	config local.Config
	now    *time.Time
}

func startAged(t *testing.T) aged {
	t.Helper()
	now := time.Now()
	a := aged{config: localtest.Config(dbtest.SQLite(t, localsql.Migrations()), t.TempDir()), now: &now}
	a.config.Clock, a.config.CredentialLife = func() time.Time { return now }, 24*time.Hour
	a.config.Secrets.(*localtest.Secrets).Clock = a.config.Clock
	a.Target = localtest.Start(t, a.config)
	return a
}

// tend rotates what is due, and has what is told of be done.
func (a aged) tend(t *testing.T) {
	t.Helper()
	var changed []string
	a.Secrets.Changed = func(_ kernel.Scope, name string) { changed = append(changed, name) }
	if err := a.TendCredentials(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, name := range changed {
		a.SecretChanged(localtest.Scope("dev"), name)
	}
}

// redisCLI asks a cache with Redis's own client.
func redisCLI(o local.Object, password string) string {
	c := exec.Command("redis-cli", "-h", o.Outputs["host"].(string), "-p", fmt.Sprint(o.Outputs["port"]), "--no-auth-warning", "-a", password, "PING")
	out, _ := c.CombinedOutput()
	return strings.TrimSpace(string(out))
}

// mariadbCLI asks a database with MariaDB's own client.
func mariadbCLI(o local.Object, password, statement string, options ...string) string {
	args := append([]string{"--no-defaults", "-N", "-h", o.Outputs["host"].(string), "-P", fmt.Sprint(o.Outputs["port"]), "-u", o.Outputs["username"].(string), "-p" + password, o.Outputs["database"].(string), "-e", statement}, options...)
	out, _ := exec.Command("mariadb", args...).CombinedOutput()
	return strings.TrimSpace(string(out))
}

func TestPasswordsAreRotatedAndNobodyIsCutOff(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"redis-server", "redis-cli", "mariadb-install-db", "mariadb"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	a := startAged(t)
	cache := mustPut(t, a.Target, local.Caches, "sessions", object{})
	base := mustPut(t, a.Target, local.MySQLDatabases, "orders-db", object{})
	asks := map[string]func(password string) bool{
		"the cache":    func(p string) bool { return redisCLI(cache, p) == "PONG" },
		"the database": func(p string) bool { return mariadbCLI(base, p, "SELECT 1") == "1" },
	}
	former := map[string]string{"the cache": password(t, a.Target, cache), "the database": password(t, a.Target, base)}
	connected := redis.NewClient(&redis.Options{Addr: addrOf(cache), Password: former["the cache"], PoolSize: 1})
	t.Cleanup(func() { _ = connected.Close() })
	pool := openMySQL(t, a.Target, base)
	pool.SetMaxOpenConns(1)

	*a.now = a.now.Add(25 * time.Hour)
	a.tend(t)
	current := map[string]string{"the cache": password(t, a.Target, cache), "the database": password(t, a.Target, base)}
	for what, ask := range asks {
		if current[what] == former[what] {
			t.Errorf("%s: a password that is a day old was not rotated", what)
		}
		localtest.Eventually(t, func() string {
			if !ask(current[what]) {
				return what + " takes the new password"
			}
			return ""
		})
		if !ask(former[what]) || ask("none") {
			t.Errorf("%s: during the overlap the one before must open it too, and no other", what)
		}
	}
	if err := connected.Ping(context.Background()).Err(); err != nil {
		t.Errorf("a client of the cache was cut off: %v", err)
	}
	if err := pool.PingContext(context.Background()); err != nil {
		t.Errorf("a client of the database was cut off: %v", err)
	}
	*a.now = a.now.Add(61 * time.Minute)
	a.tend(t)
	for what, ask := range asks {
		if ask(former[what]) || !ask(current[what]) {
			t.Errorf("%s: after the overlap the new password alone must open it", what)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	localtest.Start(t, a.config)
	for what, ask := range asks {
		localtest.Eventually(t, func() string {
			if !ask(current[what]) || ask(former[what]) {
				return what + " after a restart"
			}
			return ""
		})
	}
}

func TestATokenOfDocumentsFollowsItsSecret(t *testing.T) {
	t.Parallel()
	a := startAged(t)
	store := mustPut(t, a.Target, local.DocumentDatabases, "store", object{"collections": object{"orders": object{}}})
	if got := store.Outputs["token_reference"]; got != "tdoc_${secret:store.document.password}" {
		t.Errorf("the token is %v", got)
	}
	*a.now = a.now.Add(25 * time.Hour)
	a.tend(t)
	value, err := a.Secrets.Describe(context.Background(), localtest.Scope("dev"), "store.document.password")
	if err != nil || value.Version != 2 {
		t.Fatalf("%+v, %v", value, err)
	}
	localtest.Eventually(t, func() string {
		if strings.HasPrefix(a.Documents.Password(localtest.Scope("dev"), "store"), "r_") {
			return ""
		}
		return "the new token"
	})
}
