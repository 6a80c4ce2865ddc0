package prepared_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"
	"modernc.org/sqlite"

	"github.com/terrace-idp/terrace/internal/platform/db/prepared"
)

// hooked has a function called within each commit of its connections.
type hooked struct {
	driver.Connector

	within func()
}

func (h hooked) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := h.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	h2, ok := c.(sqlite.HookRegisterer)
	if !ok {
		return nil, errors.New("it has no hooks")
	}
	h2.RegisterCommitHook(func() int32 { h.within(); return 0 })
	return c, nil
}

// TestACommitIsNotCutOff holds that what is committed is not said to have failed where
// its context ends during the commit, though the one before was slow.
func TestACommitIsNotCutOff(t *testing.T) {
	t.Parallel()
	c, err := prepared.NewConnector("file:" + filepath.Join(t.TempDir(), "test.db") + source)
	if err != nil {
		t.Fatal(err)
	}
	var within atomic.Pointer[func()]
	c.Connector = hooked{c.Connector, func() {
		if do := within.Load(); do != nil {
			(*do)()
		}
	}}
	d := one(t, bun.NewDB(sql.OpenDB(c), prepared.NewDialect()))
	commit := func(ctx context.Context, id int) error {
		on, err := d.DB.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = on.Close() }()
		if err := prepared.Begin(ctx, on); err != nil {
			t.Fatal(err)
		}
		if _, err := on.ExecContext(t.Context(), "INSERT INTO things (id) VALUES (?)", id); err != nil {
			t.Fatal(err)
		}
		if err := prepared.Commit(on); err != nil {
			prepared.Rollback(on)
			return err
		}
		return nil
	}
	slowly := func() { // as a disk that is busy
		for start := time.Now(); time.Since(start) < 20*time.Millisecond; {
		}
	}
	within.Store(&slowly)
	if err := commit(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := func() { cancel(); slowly() }
	within.Store(&ended)
	if err := commit(ctx, 2); err != nil {
		t.Errorf("the commit was under way: %v", err)
	}
	within.Store(nil)
	if err := commit(t.Context(), 3); err != nil {
		t.Error(err)
	}
	if found := dump(t, d, "SELECT id FROM things"); len(found) != 3 {
		t.Errorf("there are %v", found)
	}
}
