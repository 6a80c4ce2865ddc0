package vaultsyncsql_test

import (
	"slices"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync/vaultsyncsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

var (
	dev   = kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}
	other = kernel.Scope{Tenant: "other", Project: "shop", Stage: "dev"}
	noon  = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
)

func each(t *testing.T, test func(t *testing.T, s *vaultsyncsql.Store)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{vaultsyncsql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, vaultsyncsql.NewStore(d)) })
}

func put(t *testing.T, s *vaultsyncsql.Store, scope kernel.Scope, change func(y *vaultsync.Sync)) vaultsync.Sync {
	t.Helper()
	y := vaultsync.Sync{Scope: scope, Settings: vaultsync.Settings{Vault: "https://kv.vault.azure.net", Direction: vaultsync.Push}, RoundAt: noon, AskedAt: noon, Fence: 7, State: vaultsync.Waiting}
	change(&y)
	if err := s.Put(t.Context(), y); err != nil {
		t.Fatal(err)
	}
	return y
}

func same(*vaultsync.Sync) {}

func TestOneWorksOnASyncAtATime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *vaultsyncsql.Store) {
		ctx := t.Context()
		put(t, s, dev, same)
		due := func(holder string, at time.Time) int {
			t.Helper()
			all, err := s.Due(ctx, at, holder, 10)
			if err != nil {
				t.Fatal(err)
			}
			return len(all)
		}
		if due("a", noon.Add(-time.Second)) != 0 || due("a", noon) != 1 {
			t.Fatal("it is due at another moment")
		}
		all, _ := s.Due(ctx, noon, "a", 10)
		mine, err := s.Take(ctx, all[0], "a", noon, noon.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Take(ctx, all[0], "b", noon, noon.Add(time.Minute)); !kernel.Is(err, kernel.Stale) {
			t.Errorf("another takes it as well: %v", err)
		}
		if due("b", noon) != 0 || due("b", noon.Add(2*time.Minute)) != 1 || due("a", noon) != 1 {
			t.Error("who has it, or is silent too long, is not told from others")
		}
		if err := s.Hold(ctx, mine, noon.Add(3*time.Minute)); err != nil {
			t.Fatal(err)
		}
		if due("b", noon.Add(2*time.Minute)) != 0 {
			t.Error("what is held is another's")
		}
		// Somebody asks meanwhile: the comparison that ends now is not the one.
		asked := mine
		asked.AskedAt, asked.RoundAt = noon.Add(time.Second), noon.Add(time.Second)
		if err := s.Ask(ctx, asked); err != nil {
			t.Fatal(err)
		}
		mine.RoundAt, mine.State = noon.Add(time.Hour), vaultsync.InStep
		if err := s.Finish(ctx, mine); err != nil {
			t.Fatal(err)
		}
		got, err := s.Get(ctx, dev)
		if err != nil || got.State != vaultsync.InStep || !got.RoundAt.Equal(noon.Add(time.Second)) {
			t.Errorf("%+v %v", got, err)
		}
		put(t, s, dev, func(y *vaultsync.Sync) { y.Fence = 100 })
		for _, err := range []error{s.Hold(ctx, mine, noon), s.Finish(ctx, mine)} {
			if !kernel.Is(err, kernel.Stale) {
				t.Errorf("who worked on it before it was set anew goes on: %v", err)
			}
		}
	})
}

// TestNoTenantHidesAnother: of many that are due, the first of each tenant come first.
func TestNoTenantHidesAnother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *vaultsyncsql.Store) {
		for _, project := range []string{"a", "b", "c", "d"} {
			put(t, s, kernel.Scope{Tenant: "acme", Project: project, Stage: "dev"}, func(y *vaultsync.Sync) { y.RoundAt = noon.Add(-time.Hour) })
		}
		put(t, s, other, same)
		due, err := s.Due(t.Context(), noon, "a", 3)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, y := range due {
			got += y.Scope.Tenant + "/" + y.Scope.Project + " "
		}
		if got != "acme/a other/shop acme/b " {
			t.Errorf("due are %s", got)
		}
	})
}

func TestAVaultThatIsLeftAloneIsNotDue(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *vaultsyncsql.Store) {
		ctx := t.Context()
		if _, ok, err := s.Soonest(ctx); ok || err != nil {
			t.Fatal(ok, err)
		}
		y := put(t, s, dev, same)
		y.RoundAt, y.BlockedUntil = noon.Add(time.Hour), noon.Add(10*time.Second)
		if err := s.Finish(ctx, y); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Touch(ctx, dev, "key", noon); err != nil {
			t.Fatal(err)
		}
		if all, err := s.Due(ctx, noon.Add(9*time.Second), "a", 10); err != nil || len(all) != 0 {
			t.Errorf("%v %v", all, err)
		}
		if all, err := s.Due(ctx, noon.Add(10*time.Second), "a", 10); err != nil || len(all) != 1 || !all[0].BlockedUntil.Equal(y.BlockedUntil) {
			t.Errorf("%v %v", all, err)
		}
		if at, ok, err := s.Soonest(ctx); err != nil || !ok || !at.Equal(noon.Add(10*time.Second)) {
			t.Errorf("%v %v %v", at, ok, err)
		}
		y.BlockedUntil = time.Time{}
		if err := s.Ask(ctx, y); err != nil {
			t.Fatal(err)
		}
		if at, ok, err := s.Soonest(ctx); err != nil || !ok || !at.Equal(noon) {
			t.Errorf("%v %v %v", at, ok, err)
		}
	})
}

func TestWhatIsTouchedStaysDue(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *vaultsyncsql.Store) {
		ctx := t.Context()
		if synced, err := s.Touch(ctx, dev, "key", noon); synced || err != nil {
			t.Fatal("a stage without a sync takes note", err)
		}
		put(t, s, dev, same)
		put(t, s, other, same)
		touch := func() {
			t.Helper()
			if synced, err := s.Touch(ctx, dev, "db/key", noon); !synced || err != nil {
				t.Fatal(synced, err)
			}
		}
		item := func() vaultsync.Item {
			t.Helper()
			i, err := s.Item(ctx, dev, "db/key")
			if err != nil {
				t.Fatal(err)
			}
			return i
		}
		touch()
		i := item()
		touch() // while it is worked on
		i.Due, i.State, i.Version, i.Pieces = time.Time{}, vaultsync.InStep, 1, []vaultsync.Piece{{Vault: "db--2fkey", ID: "1"}}
		if err := s.SaveItem(ctx, i); err != nil {
			t.Fatal(err)
		}
		if got := item(); got.State != vaultsync.Waiting || !got.Due.Equal(noon) || got.Version != 1 {
			t.Errorf("%+v", got)
		}
		if err := s.DropItem(ctx, i); err != nil {
			t.Fatal(err)
		}
		again := item()
		again.Due, again.State = time.Time{}, vaultsync.InStep
		if err := s.SaveItem(ctx, again); err != nil {
			t.Fatal(err)
		}
		if names, err := s.DueItems(ctx, dev, noon.Add(time.Hour), 10); err != nil || len(names) != 0 {
			t.Errorf("%v %v", names, err)
		}
		page, err := s.List(ctx, dev, vaultsync.InStep, kernel.PageRequest{Limit: 1})
		if err != nil || len(page.Items) != 1 || page.Items[0].Name != "db/key" || !slices.Equal(page.Items[0].Pieces, i.Pieces) {
			t.Errorf("%+v %v", page, err)
		}
		if counts, err := s.Count(ctx, dev); err != nil || counts[vaultsync.InStep] != 1 || len(counts) != 1 {
			t.Errorf("%v %v", counts, err)
		}
		if page, err := s.List(ctx, other, "", kernel.PageRequest{}); err != nil || len(page.Items) != 0 {
			t.Errorf("another tenant has %v %v", page, err)
		}
		put(t, s, dev, func(y *vaultsync.Sync) { y.OnDrift = vaultsync.Report })
		item() // it is of the same vault
		put(t, s, dev, func(y *vaultsync.Sync) { y.Vault = "https://another.vault.azure.net" })
		if _, err := s.Item(ctx, dev, "db/key"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("of the vault before it is known: %v", err)
		}
		if err := s.Remove(ctx, dev); err != nil {
			t.Fatal(err)
		}
		if err := s.Remove(ctx, dev); !kernel.Is(err, kernel.NotFound) {
			t.Error(err)
		}
		if _, err := s.Get(ctx, other); err != nil {
			t.Error("that of another tenant has gone with it", err)
		}
	})
}
