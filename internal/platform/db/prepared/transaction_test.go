package prepared_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"
	"modernc.org/sqlite"

	"github.com/terrace-idp/terrace/internal/platform/db/prepared"
)

// hooked has a function called within each commit of its connection.
type hooked struct {
	driver.Connector

	within func(driver.Validator)
}

func (h hooked) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := h.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	hooks, ok := c.(sqlite.HookRegisterer)
	of, valid := c.(driver.Validator)
	if !ok || !valid {
		return nil, errors.New("it has no hooks")
	}
	hooks.RegisterCommitHook(func() int32 { h.within(of); return 0 })
	return c, nil
}

// watched knows whether somebody wants to be told of its end.
type watched struct {
	context.Context //nolint:containedctx // it is one

	by atomic.Bool
}

func (w *watched) Done() <-chan struct{} {
	w.by.Store(true)
	return w.Context.Done()
}

// TestACommitIsNotCutOff holds that what is committed is not said to have failed where
// its context ends during the commit, though the one before was slow.
func TestACommitIsNotCutOff(t *testing.T) {
	t.Parallel()
	c, err := prepared.NewConnector("file:" + filepath.Join(t.TempDir(), "test.db") + source)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	watching, armed := &watched{Context: ended}, atomic.Bool{}
	c.Connector = hooked{c.Connector, func(of driver.Validator) {
		if !armed.Load() {
			return
		}
		cancel()
		for start := time.Now(); watching.by.Load() && of.IsValid() && time.Since(start) < time.Minute; {
			runtime.Gosched() // until who watches has cut it off
		}
	}}
	d := one(t, bun.NewDB(sql.OpenDB(c), prepared.NewDialect()))
	on, err := d.DB.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	commit := func(ctx context.Context, id int) error {
		if err := prepared.Begin(ctx, on); err != nil {
			return err
		}
		if _, err := on.ExecContext(t.Context(), "INSERT INTO things (id) VALUES (?)", id); err != nil {
			return err
		}
		watching.by.Store(false)
		return prepared.Commit(on)
	}
	if err := errors.Join(commit(t.Context(), 1), prepared.MakeSlow(on)); err != nil {
		t.Fatal(err)
	}
	armed.Store(true)
	if err := commit(watching, 2); err != nil {
		t.Errorf("the commit was under way: %v", err)
		prepared.Rollback(on)
	}
	if ended.Err() == nil {
		t.Error("its context has not ended")
	}
	if err := errors.Join(commit(t.Context(), 3), on.Close()); err != nil {
		t.Error(err)
	}
	if found := dump(t, d, "SELECT id FROM things"); len(found) != 3 {
		t.Errorf("there are %v", found)
	}
}
