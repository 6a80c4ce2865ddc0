package db_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func of(ctx context.Context, tenant string) context.Context {
	return kernel.WithActor(ctx, kernel.Actor{ID: "usr_ada", Tenant: tenant})
}

// until waits for a condition.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

// TestWritersOfTenantsTakeTurns: fifty writes of a tenant wait for SQLite's one writer when
// two of another one come. They have every second turn.
func TestWritersOfTenantsTakeTurns(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, notes()...)
	var order []string // in transactions, of which there is one at a time
	var writers sync.WaitGroup
	waiting := 0
	write := func(tenant string) {
		writers.Go(func() {
			err := d.InTx(of(t.Context(), tenant), func(context.Context) error {
				order = append(order, tenant)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		waiting++
		until(t, "it does not wait", func() bool { n, _ := d.Waiting(); return n == waiting })
	}
	err := d.InTx(of(t.Context(), "noisy"), func(context.Context) error {
		for range 50 {
			write("noisy")
		}
		write("quiet")
		write("quiet")
		return nil
	})
	writers.Wait()
	if got := strings.Join(order[:6], " "); err != nil || got != "noisy quiet noisy quiet noisy noisy" || len(order) != 52 {
		t.Errorf("%s and so on, %d: %v", got, len(order), err)
	}
}

// TestReadersOfTenantsTakeTurns: a tenant that reads with all connections, and would with
// fifty more, holds another one's read up until one of its own ends.
func TestReadersOfTenantsTakeTurns(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, notes()...)
	noisy := of(t.Context(), "noisy")
	var open []func() error
	for range 8 {
		rows, err := d.Reader(noisy).QueryContext(noisy, "SELECT 1 UNION SELECT 2")
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, func() error { return errors.Join(rows.Err(), rows.Close()) })
	}
	flood, stop := context.WithCancel(noisy)
	var crowd sync.WaitGroup
	for range 50 {
		crowd.Go(func() {
			rows, err := d.Reader(flood).QueryContext(flood, "SELECT 1 UNION SELECT 2")
			if err != nil {
				return // it gave up
			}
			defer func() { _ = rows.Close() }()
			<-flood.Done()
			_ = rows.Err() // it is of the flood
		})
	}
	until(t, "the crowd does not wait", func() bool { _, n := d.Waiting(); return n == 50 })
	quiet := of(t.Context(), "quiet")
	var answers sync.WaitGroup
	answers.Go(func() {
		var n int
		if err := d.Reader(quiet).QueryRowContext(quiet, "SELECT 3").Scan(&n); err != nil || n != 3 {
			t.Errorf("%d %v", n, err)
		}
	})
	until(t, "it does not wait", func() bool { _, n := d.Waiting(); return n == 51 })
	for _, end := range open[:2] { // one to the crowd, one to the other tenant
		if err := end(); err != nil {
			t.Error(err)
		}
	}
	answers.Wait()
	stop()
	crowd.Wait()
	for _, end := range open[2:] {
		if err := end(); err != nil {
			t.Error(err)
		}
	}
	until(t, "somebody waits for ever", func() bool { _, n := d.Waiting(); return n == 0 })
}

// TestWhoGivesUpWaitingTakesNoTurn: those whose context ends while they wait, also at the
// moment at which they have the turn.
func TestWhoGivesUpWaitingTakesNoTurn(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, notes()...)
	for i := range 50 {
		ctx, cancel := context.WithCancel(of(t.Context(), fmt.Sprint(i%3)))
		var waiting sync.WaitGroup
		err := d.InTx(t.Context(), func(context.Context) error {
			for range 3 {
				waiting.Go(func() {
					err := d.InTx(ctx, func(context.Context) error { return nil })
					if err != nil && !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
				})
			}
			until(t, "they do not wait", func() bool { n, _ := d.Waiting(); return n == 3 })
			if i%2 == 0 {
				cancel()
			}
			return nil
		})
		cancel()
		waiting.Wait()
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := d.InTx(t.Context(), func(ctx context.Context) error { return insertNote(ctx, d) }); err != nil {
		t.Errorf("nobody writes any more: %v", err)
	}
}

func insertNote(ctx context.Context, d *db.DB) error {
	_, err := d.Conn(ctx).ExecContext(ctx, "INSERT INTO notes (name, body) VALUES ('left', ?)", []byte{1})
	return err
}
