package prepared

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"
	"time"
)

// maxKept is how many statements a connection keeps.
const maxKept = 128

// quick is how long a statement takes that need not be cut off. SQLite's driver
// watches the context of each run beside it, which takes as long as a quick one.
const quick = 5 * time.Millisecond

// connection is what a connection of SQLite's driver can do.
type connection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// compiled is what a statement of SQLite's driver can do.
type compiled interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// statement is one that a connection keeps.
type statement struct {
	compiled

	text string
	// busy says that its rows are being read.
	busy bool
	// slow says that its last run took longer than quick.
	slow bool
	// place is where it stands in the order of use.
	place *list.Element
}

// conn is a connection with the statements that were used on it last. Like every
// connection it is used by one goroutine at a time.
type conn struct {
	connection

	kept map[string]*statement
	// used has them in the order of their use, the last one first.
	used list.List
	// within says that the transaction of Begin goes on.
	within bool
	// open says that a transaction goes on, that of Begin or one of database/sql, and
	// lost that SQLite has undone it meanwhile.
	open, lost bool
}

// ExecContext runs a statement that returns no rows.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if c.lost {
		return nil, errLost
	}
	s, values := c.find(ctx, query, args)
	if s == nil {
		return c.connection.ExecContext(ctx, query, args)
	}
	watched, done, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return s.ExecContext(watched, values)
}

// begin returns the context to run with, in which only what was slow the last time
// can be cut off, and what to call after it.
func (s *statement) begin(ctx context.Context) (watched context.Context, done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if watched = ctx; !s.slow {
		watched = context.WithoutCancel(ctx)
	}
	start := time.Now()
	return watched, func() { s.slow = time.Since(start) > quick }, nil
}

// QueryContext runs a statement that returns rows.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if c.lost {
		return nil, errLost
	}
	cut := cutOf(ctx)
	ctx = cut.by
	s, values := c.find(ctx, query, args)
	if s == nil {
		return c.asWritten(ctx, cut, query, args)
	}
	watched, done, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	found, err := s.QueryContext(watched, values)
	done()
	if err != nil {
		return nil, err
	}
	plain, ok := found.(resultRows)
	if !ok {
		c.drop(s)
		return nil, errors.Join(errors.New("the rows of a kept statement are of an unknown kind"), found.Close())
	}
	s.busy = true
	return &rows{resultRows: plain, of: s, cut: cut}, nil
}

// find returns the statement of the query with what to bind, nil for one that is
// to run as it was written.
func (c *conn) find(ctx context.Context, query string, args []driver.NamedValue) (*statement, []driver.NamedValue) {
	text, values := query, args
	if len(args) == 0 {
		l, ok := lift(query)
		if !ok {
			return nil, nil
		}
		text, values = l.text, l.values
	}
	if s, ok := c.kept[text]; ok {
		if s.busy {
			return nil, nil
		}
		c.used.MoveToFront(s.place)
		return s, values
	}
	if len(args) > 0 && !single(query) {
		return nil, nil
	}
	return c.keep(ctx, text), values
}

// keep compiles a statement; nil is one that SQLite does not take, which it will
// say of the query as it was written.
func (c *conn) keep(ctx context.Context, text string) *statement {
	made, err := c.connection.PrepareContext(ctx, text)
	if err != nil {
		return nil
	}
	whole, ok := made.(compiled)
	if !ok {
		_ = made.Close() // nothing was done with it
		return nil
	}
	c.makeRoom()
	s := &statement{compiled: whole, text: text}
	s.place = c.used.PushFront(s)
	c.kept[text] = s
	return s
}

// makeRoom ends the statement whose last use is longest ago.
func (c *conn) makeRoom() {
	for last := c.used.Back(); last != nil && len(c.kept) >= maxKept; {
		s, _ := last.Value.(*statement)
		last = last.Prev()
		if !s.busy {
			c.drop(s)
		}
	}
}

func (c *conn) drop(s *statement) {
	delete(c.kept, s.text)
	c.used.Remove(s.place)
	_ = s.Close() // an error would be that of its last run
}

// Kept returns the texts of the statements that are kept, the last used first.
func (c *conn) Kept() []string {
	var texts []string
	for e := c.used.Front(); e != nil; e = e.Next() {
		if s, ok := e.Value.(*statement); ok {
			texts = append(texts, s.text)
		}
	}
	return texts
}

// Close ends the connection and its statements.
func (c *conn) Close() error {
	for _, s := range c.kept {
		_ = s.Close() // an error would be that of its last run
	}
	c.kept = nil
	return c.connection.Close()
}
