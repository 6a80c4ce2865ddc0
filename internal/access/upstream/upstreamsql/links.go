package upstreamsql

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type linkRow struct {
	bun.BaseModel `bun:"table:upstream_links,alias:l"`

	ID           string    `bun:"id,pk"`
	Tenant       string    `bun:"tenant"`
	Upstream     string    `bun:"upstream"`
	UpstreamName string    `bun:"upstream_name,scanonly"`
	UserID       string    `bun:"user_id"`
	Subject      string    `bun:"subject"`
	Name         string    `bun:"name"`
	Email        string    `bun:"email"`
	Verified     bool      `bun:"verified"`
	LinkedBy     string    `bun:"linked_by"`
	LinkedAt     time.Time `bun:"linked_at"`
	LastUsed     time.Time `bun:"last_used"`
	LastGiven    string    `bun:"last_given"`
}

func (r linkRow) link() upstream.Link {
	given := []string{}
	_ = json.Unmarshal([]byte(r.LastGiven), &given) // text wrote it
	return upstream.Link{
		ID: r.ID, Tenant: r.Tenant, Upstream: r.Upstream, Name: r.UpstreamName, UserID: r.UserID,
		Account: upstream.Account{Subject: r.Subject, Name: r.Name, Email: r.Email, Verified: r.Verified},
		By:      upstream.LinkedBy(r.LinkedBy), LinkedAt: r.LinkedAt.UTC(), LastUsed: r.LastUsed.UTC(), LastGiven: given,
	}
}

// AddLink keeps a link; a second of an account is a Conflict.
func (s *Store) AddLink(ctx context.Context, l upstream.Link) error {
	row := linkRow{
		ID: l.ID, Tenant: l.Tenant, Upstream: l.Upstream, UserID: l.UserID, Subject: l.Subject, Name: l.Account.Name, Email: l.Email, Verified: l.Verified,
		LinkedBy: string(l.By), LinkedAt: l.LinkedAt, LastUsed: l.LastUsed, LastGiven: text(l.LastGiven),
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "the link of "+l.Account.Name)
}

// one returns the first link that a condition leaves.
func (s *Store) one(ctx context.Context, condition string, args ...any) (upstream.Link, error) {
	var row linkRow
	err := s.links(ctx, &row).Where(condition, args...).Order("l.id").Limit(1).Scan(ctx)
	return row.link(), db.Map(err, "the link")
}

func (s *Store) links(ctx context.Context, into any) *bun.SelectQuery {
	return s.db.Reader(ctx).NewSelect().Model(into).ColumnExpr("l.*").ColumnExpr("u.name AS upstream_name").Join("JOIN upstream_upstreams AS u ON u.id = l.upstream")
}

// LinkOf returns whose an account of an upstream is.
func (s *Store) LinkOf(ctx context.Context, in, subject string) (upstream.Link, error) {
	return s.one(ctx, "l.upstream = ? AND l.subject = ?", in, subject)
}

// Link returns a link of a tenant.
func (s *Store) Link(ctx context.Context, tenant, id string) (upstream.Link, error) {
	return s.one(ctx, "l.tenant = ? AND l.id = ?", tenant, id)
}

// LinkOfUser returns one that a user has at an upstream.
func (s *Store) LinkOfUser(ctx context.Context, in, userID string) (upstream.Link, error) {
	return s.one(ctx, "l.upstream = ? AND l.user_id = ?", in, userID)
}

// LinksOf lists those of a user.
func (s *Store) LinksOf(ctx context.Context, tenant, userID string, page kernel.PageRequest) (kernel.Page[upstream.Link], error) {
	var rows []linkRow
	err := s.links(ctx, &rows).Where("l.tenant = ? AND l.user_id = ? AND l.id > ?", tenant, userID, page.Cursor).Order("l.id").Limit(int64(page.Size() + 1)).Scan(ctx)
	list := make([]upstream.Link, len(rows))
	for i, r := range rows {
		list[i] = r.link()
	}
	return kernel.PageOf(list, page, func(l upstream.Link) string { return l.ID }), db.Map(err, "the links")
}

// OnlyBy returns the ids of users who have accounts at an upstream, whom it made, and who
// have none at another one.
func (s *Store) OnlyBy(ctx context.Context, in string) (ids []string, err error) {
	err = s.db.Reader(ctx).NewRaw(`SELECT DISTINCT user_id FROM upstream_links l WHERE upstream = ? AND linked_by = ?
		AND NOT EXISTS (SELECT 1 FROM upstream_links o WHERE o.tenant = l.tenant AND o.user_id = l.user_id AND o.upstream <> l.upstream) ORDER BY user_id`,
		in, string(upstream.LinkedAtFirst)).Scan(ctx, &ids)
	return ids, db.Map(err, "the links")
}

// UseLink writes what the account is called at present, and when it was used.
func (s *Store) UseLink(ctx context.Context, l upstream.Link) error {
	res, err := s.db.Conn(ctx).NewUpdate().Model((*linkRow)(nil)).Set("name = ?", l.Account.Name).Set("email = ?", l.Email).Set("verified = ?", l.Verified).
		Set("last_used = ?", l.LastUsed).Set("last_given = ?", text(l.LastGiven)).Where("tenant = ? AND id = ?", l.Tenant, l.ID).Exec(ctx)
	return db.Changed(res, err, "the link "+l.ID)
}

// RemoveLink removes a link.
func (s *Store) RemoveLink(ctx context.Context, tenant, id string) error {
	res, err := s.db.Conn(ctx).NewDelete().Model((*linkRow)(nil)).Where("tenant = ? AND id = ?", tenant, id).Exec(ctx)
	return db.Changed(res, err, "the link "+id)
}

type sessionRow struct {
	bun.BaseModel `bun:"table:upstream_sessions,alias:s"`

	ID        string    `bun:"id,pk"`
	Tenant    string    `bun:"tenant"`
	Upstream  string    `bun:"upstream"`
	UserID    string    `bun:"user_id"`
	Link      string    `bun:"link"`
	Subject   string    `bun:"subject"`
	SID       string    `bun:"sid"`
	IDToken   []byte    `bun:"id_token"`
	CreatedAt time.Time `bun:"created_at"`
	ExpiresAt time.Time `bun:"expires_at"`
}

func (r sessionRow) session() upstream.Session {
	return upstream.Session{
		ID: r.ID, Tenant: r.Tenant, Upstream: r.Upstream, UserID: r.UserID, Link: r.Link, Subject: r.Subject, SID: r.SID, IDToken: r.IDToken,
		CreatedAt: r.CreatedAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(),
	}
}

// AddSession keeps a sign-in at an upstream.
func (s *Store) AddSession(ctx context.Context, one upstream.Session) error {
	row := sessionRow{
		ID: one.ID, Tenant: one.Tenant, Upstream: one.Upstream, UserID: one.UserID, Link: one.Link, Subject: one.Subject, SID: one.SID,
		IDToken: append([]byte{}, one.IDToken...), CreatedAt: one.CreatedAt, ExpiresAt: one.ExpiresAt,
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "the sign-in "+one.ID)
}

// Session returns a sign-in at an upstream.
func (s *Store) Session(ctx context.Context, id string) (upstream.Session, error) {
	var row sessionRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return row.session(), db.Map(err, "the sign-in "+id)
}

// SessionsOf returns the sign-ins at an upstream that a filter leaves.
func (s *Store) SessionsOf(ctx context.Context, in string, f upstream.SessionFilter) ([]upstream.Session, error) {
	var rows []sessionRow
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where("upstream = ?", in)
	for column, value := range map[string]string{"subject": f.Subject, "link": f.Link} {
		if value != "" {
			q = q.Where("? = ?", bun.Ident(column), value)
		}
	}
	switch {
	case f.SID != "" && f.Subject != "": // one that does not say its sid ends with the account
		q = q.Where("sid IN (?, '')", f.SID)
	case f.SID != "":
		q = q.Where("sid = ?", f.SID)
	}
	err := q.Order("id").Scan(ctx)
	list := make([]upstream.Session, len(rows))
	for i, r := range rows {
		list[i] = r.session()
	}
	return list, db.Map(err, "the sign-ins")
}

// RemoveSession removes one; having none is fine.
func (s *Store) RemoveSession(ctx context.Context, id string) error {
	_, err := s.db.Conn(ctx).NewDelete().Model((*sessionRow)(nil)).Where("id = ?", id).Exec(ctx)
	return db.Map(err, "the sign-in "+id)
}

// Spend keeps a word that is good once; a second time is a Conflict.
func (s *Store) Spend(ctx context.Context, word string, until time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO upstream_spent (word, expires_at) VALUES (?, ?)", word, until).Exec(ctx)
	return db.Map(err, "the word")
}

// AddLogout keeps that somebody has signed out.
func (s *Store) AddLogout(ctx context.Context, l upstream.Logout) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO upstream_logouts (id, tenant, upstream, subject, sid, at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		l.ID, l.Tenant, l.Upstream, l.Subject, l.SID, l.At, l.ExpiresAt).Exec(ctx)
	return db.Map(err, "the sign-out "+l.ID)
}

// LoggedOut reports whether a session, or all of its account, was ended there since a time.
func (s *Store) LoggedOut(ctx context.Context, one upstream.Session, since time.Time) (bool, error) {
	found, err := s.db.Reader(ctx).NewSelect().Table("upstream_logouts").Where("upstream = ? AND expires_at > ? AND subject IN (?, '')", one.Upstream, one.CreatedAt, one.Subject).
		Where("sid IN (?, '') OR ? = ''", one.SID, one.SID).Where("at >= ?", since).Exists(ctx)
	return found, db.Map(err, "the sign-outs")
}

// Hold has who else holds the upstream wait for the transaction of ctx.
func (s *Store) Hold(ctx context.Context, in string) error {
	_, err := s.hold(ctx, "upstream_upstreams", in)
	return err
}

// HoldSession does it for a sign-in there, and reports whether it is still kept.
func (s *Store) HoldSession(ctx context.Context, id string) (bool, error) {
	return s.hold(ctx, "upstream_sessions", id)
}

func (s *Store) hold(ctx context.Context, table, id string) (bool, error) {
	res, err := s.db.Conn(ctx).NewRaw("UPDATE ? SET id = id WHERE id = ?", bun.Ident(table), id).Exec(ctx)
	if err != nil {
		return false, db.Map(err, id)
	}
	n, err := res.RowsAffected()
	return n > 0, db.Map(err, id)
}

// Sweep removes what is over.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	for _, query := range []string{"DELETE FROM upstream_logouts WHERE expires_at <= ?", "DELETE FROM upstream_spent WHERE expires_at <= ?", "DELETE FROM upstream_sessions WHERE expires_at <= ?"} {
		if _, err := s.db.Conn(ctx).NewRaw(query, now).Exec(ctx); err != nil {
			return db.Map(err, "what has expired")
		}
	}
	return nil
}
