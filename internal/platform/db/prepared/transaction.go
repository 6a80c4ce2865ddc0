package prepared

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// savepoint is what a transaction of database/sql is within one of Begin.
const savepoint = "terrace_within"

// Begin begins a transaction that writes on a connection, of which database/sql knows
// nothing: it would have goroutines watch the transaction and all that is read in it,
// which take as long as what is quick. A transaction that database/sql begins on the
// connection meanwhile is a part of it.
func Begin(ctx context.Context, on *sql.Conn) error {
	return raw(on, func(c *conn) error {
		err := c.say(ctx, "BEGIN IMMEDIATE")
		if c.within = err == nil; err == nil {
			c.begun()
		} else {
			_ = c.say(context.Background(), "ROLLBACK") // cut off at the last moment, it has begun
		}
		return err
	})
}

// Commit ends the transaction that Begin began, and is not cut off: nobody could tell
// then whether it is committed. It goes on where that fails: who calls it rolls it back.
func Commit(on *sql.Conn) error {
	return raw(on, func(c *conn) error {
		err := c.say(context.Background(), "COMMIT")
		if c.within = err != nil; err == nil {
			c.over()
		}
		return err
	})
}

// Rollback ends the transaction that Begin began. A connection that cannot, such as
// one whose transaction SQLite has ended by itself, is no longer used.
func Rollback(on *sql.Conn) {
	_ = raw(on, func(c *conn) error { // the connection is gone then, and with it the transaction
		c.within = false
		c.over()
		if err := c.say(context.Background(), "ROLLBACK"); err != nil {
			return driver.ErrBadConn
		}
		return nil
	})
}

func raw(on *sql.Conn, do func(*conn) error) error {
	return on.Raw(func(driverConn any) error {
		c, ok := driverConn.(*conn)
		if !ok {
			return fmt.Errorf("a connection of type %T is not one of this package", driverConn)
		}
		return do(c)
	})
}

// say runs a statement without values, which is kept like others.
func (c *conn) say(ctx context.Context, text string) error {
	if c.lost {
		return errLost
	}
	s, ok := c.kept[text]
	if ok {
		c.used.MoveToFront(s.place)
	} else if s = c.keep(ctx, text); s == nil {
		return errors.New("sqlite does not take " + text)
	}
	watched, done, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	_, err = s.ExecContext(watched, nil)
	return err
}

// BeginTx begins a transaction, or a part of the one that there is.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if !c.within {
		tx, err := c.connection.BeginTx(ctx, opts)
		if err != nil {
			return nil, err
		}
		c.begun()
		return whole{tx, c}, nil
	}
	return part{c}, c.say(ctx, "SAVEPOINT "+savepoint)
}

// part is a part of a transaction.
type part struct{ c *conn }

// Commit keeps it.
func (p part) Commit() error { return p.c.say(context.Background(), "RELEASE "+savepoint) }

// Rollback undoes it.
func (p part) Rollback() error {
	return errors.Join(p.c.say(context.Background(), "ROLLBACK TO "+savepoint), p.Commit())
}
