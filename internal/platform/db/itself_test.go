package db_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// TestWhoWouldWaitForItselfIsTold: a store that is not given the context of the
// transaction it is called in, on SQLite; one beside it waits for its turn.
func TestWhoWouldWaitForItselfIsTold(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, notes()...)
	outside, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	insert := func(ctx context.Context, name string) error {
		_, err := d.Conn(ctx).ExecContext(ctx, "INSERT INTO notes (name, body) VALUES (?, ?)", name, []byte{1})
		return err
	}
	for name, write := range map[string]func(context.Context) error{
		"a statement": func(ctx context.Context) error { return insert(ctx, "statement") },
		"a raw statement": func(ctx context.Context) error {
			_, err := d.Conn(ctx).NewRaw("DELETE FROM notes").Exec(ctx)
			return err
		},
		"a transaction": func(ctx context.Context) error {
			return d.InTx(ctx, func(ctx context.Context) error { return insert(ctx, "tx") })
		},
		"a row it returns": func(ctx context.Context) error {
			var n int
			return d.Conn(ctx).QueryRowContext(ctx, "SELECT 1").Scan(&n)
		},
	} {
		var beside sync.WaitGroup
		err := d.InTx(outside, func(ctx context.Context) error {
			if err := insert(ctx, name); err != nil {
				return err
			}
			beside.Go(func() {
				if err := insert(outside, name+" beside"); err != nil {
					t.Errorf("%s: another one that waits for its turn: %v", name, err)
				}
			})
			if err := write(outside); err == nil || !strings.Contains(err.Error(), "wait for its own transaction") {
				t.Errorf("%s outside: %v", name, err)
			}
			return nil
		})
		beside.Wait()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := insert(outside, name+" after"); err != nil {
			t.Errorf("%s: after it: %v", name, err)
		}
	}
	after := false
	err := d.InTx(outside, func(ctx context.Context) error {
		db.AfterCommit(ctx, func() { after = insert(outside, "after the commit") == nil })
		return insert(ctx, "last")
	})
	if err != nil || !after {
		t.Errorf("%v, after the commit %v", err, after)
	}
}

func BenchmarkInTx(b *testing.B) {
	d := dbtest.SQLite(b, notes()...)
	for b.Loop() {
		if err := d.InTx(b.Context(), func(context.Context) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
