package providersql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type sessionRow struct {
	bun.BaseModel `bun:"table:provider_sessions,alias:s"`

	ID        string     `bun:"id,pk"`
	Tenant    string     `bun:"tenant"`
	Subject   string     `bun:"subject"`
	Client    string     `bun:"client"`
	SignIn    string     `bun:"sign_in"`
	Via       string     `bun:"via"`
	Scopes    string     `bun:"scopes"`
	CreatedAt time.Time  `bun:"created_at"`
	ExpiresAt time.Time  `bun:"expires_at"`
	EndedAt   *time.Time `bun:"ended_at"`
	Why       string     `bun:"why"`
	Kind      string     `bun:"kind"`
	Methods   string     `bun:"methods"`
	Address   string     `bun:"address"`
	UsedAt    *time.Time `bun:"used_at"`
	TellAt    *time.Time `bun:"tell_at"`
	TellTries int        `bun:"tell_tries"`
}

func (r sessionRow) session() provider.Session {
	return provider.Session{
		ID: r.ID, Tenant: r.Tenant, Subject: r.Subject, Client: r.Client, SignIn: r.SignIn, Via: r.Via, Scopes: wordsOf(r.Scopes),
		CreatedAt: r.CreatedAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(), EndedAt: fromNull(r.EndedAt), Why: r.Why,
		Kind: provider.ActiveKind(r.Kind), Methods: wordsOf(r.Methods), Address: r.Address, UsedAt: fromNull(r.UsedAt),
	}
}

// OpenSession keeps a session, and reports whether it is new.
func (s *Store) OpenSession(ctx context.Context, n provider.Session) (bool, error) {
	row := sessionRow{
		ID: n.ID, Tenant: n.Tenant, Subject: n.Subject, Client: n.Client, SignIn: n.SignIn, Via: n.Via, Scopes: words(n.Scopes).text(),
		CreatedAt: n.CreatedAt, ExpiresAt: n.ExpiresAt, Kind: string(n.Kind), Methods: words(n.Methods).text(), Address: n.Address,
	}
	res, err := s.db.Conn(ctx).NewInsert().Model(&row).On("CONFLICT (id) DO NOTHING").Exec(ctx)
	if err != nil {
		return false, db.Map(err, "the session "+n.ID)
	}
	added, err := res.RowsAffected()
	return added > 0, db.Map(err, "the session "+n.ID)
}

// TouchSession notes that a session was used.
func (s *Store) TouchSession(ctx context.Context, id, address string, at time.Time) error {
	_, err := s.db.Conn(ctx).NewUpdate().Model((*sessionRow)(nil)).Set("used_at = ?", at).Set("address = ?", address).Where("id = ?", id).Exec(ctx)
	return db.Map(err, "the session "+id)
}

// Session returns a session.
func (s *Store) Session(ctx context.Context, id string) (provider.Session, error) {
	var row sessionRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return row.session(), db.Map(err, "the session "+id)
}

// EndSession ends one that has not ended, and reports whether it did.
func (s *Store) EndSession(ctx context.Context, id, why string, at time.Time) (bool, error) {
	res, err := s.db.Conn(ctx).NewUpdate().Model((*sessionRow)(nil)).Set("ended_at = ?", at).Set("why = ?", why).
		Where("id = ? AND ended_at IS NULL", id).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "the session "+id)
	}
	n, err := res.RowsAffected()
	return n > 0, db.Map(err, "the session "+id)
}

// SessionsOf returns those that have not ended of a browser's sign-in, or of a client.
func (s *Store) SessionsOf(ctx context.Context, signIn, client string) ([]provider.Session, error) {
	var rows []sessionRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).
		Where("ended_at IS NULL AND ((sign_in = ? AND sign_in <> '') OR client = ?)", signIn, client).Order("id").Scan(ctx)
	return sessionsOf(rows), db.Map(err, "the sessions")
}

// SessionsVia returns those that have not ended of what came by a sign-in at another
// provider.
func (s *Store) SessionsVia(ctx context.Context, via string) ([]provider.Session, error) {
	var rows []sessionRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("via = ? AND via <> '' AND ended_at IS NULL", via).Order("id").Scan(ctx)
	return sessionsOf(rows), db.Map(err, "the sessions")
}

func sessionsOf(rows []sessionRow) []provider.Session {
	list := make([]provider.Session, len(rows))
	for i, r := range rows {
		list[i] = r.session()
	}
	return list
}

// SessionsOfUser returns those of somebody that have not ended.
func (s *Store) SessionsOfUser(ctx context.Context, tenant, user string) ([]provider.Session, error) {
	var rows []sessionRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("ended_at IS NULL AND tenant = ? AND subject = ?", tenant, user).Order("id").Scan(ctx)
	return sessionsOf(rows), db.Map(err, "the sessions")
}

// MoveSessions gives those of a browser's sign-in to the one that follows it.
func (s *Store) MoveSessions(ctx context.Context, from, to string) error {
	_, err := s.db.Conn(ctx).NewUpdate().Model((*sessionRow)(nil)).Set("sign_in = ?", to).Where("sign_in = ?", from).Exec(ctx)
	return db.Map(err, "the sessions")
}

// Ended returns the ids of those that ended after a time.
func (s *Store) Ended(ctx context.Context, after time.Time) ([]string, error) {
	var ids []string
	err := s.db.Reader(ctx).NewSelect().Model((*sessionRow)(nil)).Column("id").Where("ended_at > ?", after).Scan(ctx, &ids)
	return ids, db.Map(err, "the sessions")
}

type requestRow struct {
	bun.BaseModel `bun:"table:provider_requests,alias:r"`

	Kind      string    `bun:"kind,pk"`
	Hash      string    `bun:"hash,pk"`
	Session   string    `bun:"session"`
	Body      string    `bun:"body"`
	Spent     bool      `bun:"spent"`
	CreatedAt time.Time `bun:"created_at"`
	ExpiresAt time.Time `bun:"expires_at"`
}

// AddRequest keeps a code or a refresh token.
func (s *Store) AddRequest(ctx context.Context, r provider.Request) error {
	row := requestRow{
		Kind: r.Kind, Hash: r.Hash, Session: r.Session, Body: string(r.Body), Spent: r.Spent,
		CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt,
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "the "+r.Kind)
}

// Request returns a code or a refresh token.
func (s *Store) Request(ctx context.Context, kind, hash string) (provider.Request, error) {
	var row requestRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).Where("kind = ? AND hash = ?", kind, hash).Scan(ctx)
	return provider.Request{
		Kind: row.Kind, Hash: row.Hash, Session: row.Session, Body: []byte(row.Body), Spent: row.Spent,
		CreatedAt: row.CreatedAt.UTC(), ExpiresAt: row.ExpiresAt.UTC(),
	}, db.Map(err, "the "+kind)
}

// SpendRequest marks one as used; Stale where it is already.
func (s *Store) SpendRequest(ctx context.Context, kind, hash string) error {
	res, err := s.db.Conn(ctx).NewUpdate().Model((*requestRow)(nil)).Set("spent = ?", true).
		Where("kind = ? AND hash = ? AND spent = ?", kind, hash, false).Exec(ctx)
	if err := db.Changed(res, err, "the "+kind); !kernel.Is(err, kernel.NotFound) {
		return err
	}
	return kernel.Errorf(kernel.Stale, "the %s was used before", kind)
}

// RemoveRequest removes one; having none is fine.
func (s *Store) RemoveRequest(ctx context.Context, kind, hash string) error {
	_, err := s.db.Conn(ctx).NewDelete().Model((*requestRow)(nil)).Where("kind = ? AND hash = ?", kind, hash).Exec(ctx)
	return db.Map(err, "the "+kind)
}
