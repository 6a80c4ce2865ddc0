package focussql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/terrace-idp/terrace/internal/governance/focus"
)

// copyIn loads a batch with PostgreSQL's COPY, in a transaction of its own.
func (s *Store) copyIn(ctx context.Context, i focus.Import, all []table) error {
	c, err := s.db.SQL().Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return c.Raw(func(driver any) error {
		own, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the connection is a %T", driver)
		}
		return pgx.BeginFunc(ctx, own.Conn(), func(tx pgx.Tx) error {
			touched, err := tx.Exec(ctx, "UPDATE focus_imports SET touched_at = $1 WHERE id = $2 AND status = $3", s.clock.Now(), i.ID, loading)
			if err != nil {
				return err
			}
			if touched.RowsAffected() == 0 {
				return sql.ErrNoRows // it was abandoned
			}
			for _, t := range all {
				if err := copyTable(ctx, tx, t); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// copyTable copies rows into their table. Those that may be there go over a table of
// the transaction alone, as COPY knows no conflicts.
func copyTable(ctx context.Context, tx pgx.Tx, t table) error {
	to := t.name
	if t.once {
		to = "new_" + t.name
		if _, err := tx.Exec(ctx, "CREATE TEMPORARY TABLE "+to+" (LIKE "+t.name+") ON COMMIT DROP"); err != nil {
			return err
		}
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{to}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
		return err
	}
	if !t.once {
		return nil
	}
	columns := strings.Join(t.columns, ", ")
	_, err := tx.Exec(ctx, "INSERT INTO "+t.name+" ("+columns+") SELECT "+columns+" FROM "+to+" ORDER BY id ON CONFLICT DO NOTHING")
	return err
}
