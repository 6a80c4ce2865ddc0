package leak_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/governance/leak/leaksql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

const (
	before = "The-Value-before"
	after  = "Another-Value-after"
	others = "Of-Another-Secret"
	all    = before + "\n" + after + "\n" + others
)

// seen are the secrets that are known in a text of all values.
func seen(t *testing.T, s *leak.Service) string {
	t.Helper()
	r, err := s.Inspect(t.Context(), shop, file("all.txt"), all)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range r.Open {
		names = append(names, f.Secret)
	}
	return strings.Join(names, " ")
}

func (b *bench) put(ctx context.Context, t *testing.T, name, value string) {
	t.Helper()
	if _, err := b.secrets.Put(ctx, shop.InStage("dev"), name, value); err != nil {
		t.Error(err)
	}
}

// another is a process beside the one of a bench, with values of its own in memory.
func (b *bench) another() *leak.Service {
	c := b.Config
	c.Scanner = leakscan.New()
	return leak.New(c)
}

// TestChangesAreKnownAtOnce holds that who has values in memory takes along what has changed,
// whichever process has done it, also when it is forgotten that something has.
func TestChangesAreKnownAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		ctx, other := as(t, "acme"), b.another()
		step := func(what, want string) {
			t.Helper()
			for name, s := range map[string]*leak.Service{"this process": b.Service, "the other one": other} {
				if got := seen(t, s); got != want {
					t.Errorf("%s: %s knows %q, want %q", what, name, got, want)
				}
			}
		}
		step("nothing", "")
		b.put(ctx, t, "key", before)
		step("a new one", "shop/dev/key@1")
		b.put(ctx, t, "key", after)
		b.put(ctx, t, "other", others)
		step("another value, another secret", "shop/dev/key@1 shop/dev/key@2 shop/dev/other@1")
		pass := func(s ...*leak.Service) {
			t.Helper()
			for range 7 { // an hour
				b.clock.at = b.clock.at.Add(9 * time.Minute)
				for _, s := range s {
					if err := s.Tidy(t.Context()); err != nil {
						t.Fatal(err)
					}
					seen(t, s)
				}
			}
		}
		pass(b.Service, other)
		if err := b.secrets.Mark(ctx, shop.InStage("dev"), "key", secret.Destroyed, 1); err != nil {
			t.Fatal(err)
		}
		step("one version is no more", "shop/dev/key@2 shop/dev/other@1")
		if err := b.secrets.Delete(ctx, shop.InStage("dev"), "key"); err != nil {
			t.Fatal(err)
		}
		b.put(ctx, t, "third", before)
		pass(b.Service) // the other one is asked nothing meanwhile
		step("a secret is no more", "shop/dev/third@1 shop/dev/other@1")
		var left int // transactions of other tests on the same server may keep some
		if err := b.db.Reader(t.Context()).NewRaw("SELECT COUNT(*) FROM leak_changes").Scan(t.Context(), &left); err != nil || left == 0 || left > 1 && b.db.Dialect() == db.SQLite {
			t.Errorf("%d changes are kept, %v", left, err)
		}
	})
}

// TestWhatIsUnderwayIsReadLater holds that a transaction which began before another one, and
// ends after it, is not passed by.
func TestWhatIsUnderwayIsReadLater(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		if b.db.Dialect() != db.Postgres {
			t.Skip("one transaction writes at a time there")
		}
		ctx := as(t, "acme")
		b.put(ctx, t, "key", before)
		if got := seen(t, b.Service); got != "shop/dev/key@1" {
			t.Fatal(got)
		}
		err := b.db.InTx(ctx, func(tx context.Context) error {
			b.put(tx, t, "key", after)
			b.put(ctx, t, "other", others)
			if got := seen(t, b.Service); got != "shop/dev/key@1 shop/dev/other@1" {
				t.Errorf("while one is underway: %q", got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := seen(t, b.Service); got != "shop/dev/key@1 shop/dev/key@2 shop/dev/other@1" {
			t.Errorf("when it is over: %q", got)
		}
	})
}

// TestTransactionsOfOtherSecretsDoNotWait: two that change several secrets of a tenant, each
// in its own order, would else wait for each other.
func TestTransactionsOfOtherSecretsDoNotWait(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		if b.db.Dialect() != db.Postgres {
			t.Skip("one transaction writes at a time there")
		}
		ctx, cancel := context.WithTimeout(as(t, "acme"), time.Minute)
		defer cancel()
		b.put(ctx, t, "key", before)
		err := b.db.InTx(ctx, func(tx context.Context) error {
			b.put(tx, t, "key", after)
			// This one has another secret first, and then one that the other wants as well.
			err := b.db.InTx(ctx, func(tx context.Context) error {
				b.put(tx, t, "other", others)
				b.put(tx, t, "more", before)
				return nil
			})
			if err != nil {
				return err
			}
			b.put(tx, t, "other", after)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := seen(t, b.Service); strings.Count(got, "@") != 3 || !strings.Contains(got, "shop/dev/key@2") {
			t.Errorf("known: %q", got)
		}
	})
}

// TestAPlaceIsFoundByItsBeginning: what of a plan is at an address begins as the plan does,
// and what only nearly does is another's.
func TestAPlaceIsFoundByItsBeginning(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		store, ctx := leaksql.NewStore(b.db), t.Context()
		for id, place := range map[string]string{"a": "00ff", "b": "00ff0a", "c": "00ffff", "d": "00fe", "e": "0100", "f": "00f"} {
			f := leak.Finding{ID: id, Scope: shop, Place: leak.Place{Kind: leak.Plan}, State: leak.Open, Fingerprint: id}
			if err := store.Save(ctx, f, place); err != nil {
				t.Fatal(err)
			}
		}
		found, err := store.Beginning(ctx, shop, "00ff")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range found {
			got += f.ID
		}
		if got != "abc" {
			t.Errorf("found %q", got)
		}
		if found, err := store.Beginning(ctx, kernel.Scope{Tenant: "rival", Project: "shop"}, "00"); err != nil || len(found) > 0 {
			t.Errorf("another tenant: %v, %v", found, err)
		}
	})
}
