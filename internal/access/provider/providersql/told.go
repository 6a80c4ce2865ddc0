package providersql

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Owe has the client of a session told at a time that it has ended; a zero time has it told
// no more.
func (s *Store) Owe(ctx context.Context, id string, at time.Time) error {
	_, err := s.db.Conn(ctx).NewUpdate().Model((*sessionRow)(nil)).Set("tell_at = ?", toNull(at)).Where("id = ?", id).Exec(ctx)
	return db.Map(err, "the session "+id)
}

// Owed returns sessions whose clients are to be told by now, who waits longest first.
func (s *Store) Owed(ctx context.Context, now time.Time, limit int) ([]provider.Owed, error) {
	var rows []sessionRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tell_at <= ?", now).Order("tell_at", "id").Limit(int64(limit)).Scan(ctx)
	list := make([]provider.Owed, len(rows))
	for i, r := range rows {
		list[i] = provider.Owed{Session: r.session(), Tries: r.TellTries}
	}
	return list, db.Map(err, "the sessions")
}

// Try counts one try, and puts the next one off; ok is false where another process does it.
func (s *Store) Try(ctx context.Context, o provider.Owed, next time.Time) (ok bool, err error) {
	res, err := s.db.Conn(ctx).NewUpdate().Model((*sessionRow)(nil)).Set("tell_at = ?", next).Set("tell_tries = ?", o.Tries+1).
		Where("id = ? AND tell_tries = ? AND tell_at IS NOT NULL", o.Session.ID, o.Tries).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "the session "+o.Session.ID)
	}
	n, err := res.RowsAffected()
	return n > 0, db.Map(err, "the session "+o.Session.ID)
}
