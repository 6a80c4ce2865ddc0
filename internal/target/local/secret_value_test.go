package local_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
)

func TestSecretValues(t *testing.T) {
	t.Parallel()
	target := localtest.Start(t, localtest.Config(dbtest.SQLite(t, localsql.Migrations()), t.TempDir()))
	ctx := kernel.WithActor(t.Context(), kernel.System("run", "acme"))
	orders := localtest.Caller("dev", "orders")
	planning := orders
	planning.MayWrite = false
	like := regexp.MustCompile(`^[A-Za-z0-9_-]{32}$`)
	if value, err := target.SecretValue(ctx, planning, "token"); err != nil || !like.MatchString(value) {
		t.Errorf("before it is made, a plan gets %q, %v", value, err)
	}
	if _, err := target.SecretValue(ctx, orders, "token"); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("a secret that is not there: %v", err)
	}
	if _, err := target.Put(ctx, orders, local.SecretsKind, "token", []byte(`{"length":48}`)); err != nil {
		t.Fatal(err)
	}
	real, err := target.SecretValue(ctx, orders, "token")
	if again, err2 := target.SecretValue(ctx, orders, "token"); err != nil || err2 != nil || real == "" || again != real {
		t.Errorf("an apply gets %d characters, then others: %v %v", len(real), err, err2)
	}
	made, err := target.SecretValue(ctx, planning, "token")
	if err != nil || len(made) != 48 || made == real {
		t.Errorf("a plan gets %d characters (the secret: %t), %v", len(made), made == real, err)
	}
	if !slices.Contains(target.Journal.Facts(), "secret.handed-over token") {
		t.Errorf("no fact tells who got it: %v", target.Journal.Facts())
	}
	if _, err := target.SecretValue(ctx, localtest.Caller("dev", "billing"), "token"); !kernel.Is(err, kernel.Denied) {
		t.Errorf("another stack: %v", err)
	}
	late := orders
	late.Fence = 1
	target.Fences.Set(orders.Stack, 2)
	if _, err := target.SecretValue(ctx, late, "token"); !kernel.Is(err, kernel.Stale) {
		t.Errorf("another fence: %v", err)
	}
}
