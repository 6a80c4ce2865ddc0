package providersql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type signInRow struct {
	bun.BaseModel `bun:"table:provider_sign_ins,alias:s"`

	ID        string     `bun:"id,pk"`
	Tenant    string     `bun:"tenant"`
	UserID    string     `bun:"user_id"`
	Hash      string     `bun:"hash"`
	Methods   string     `bun:"methods"`
	Via       string     `bun:"via"`
	At        time.Time  `bun:"at"`
	ExpiresAt time.Time  `bun:"expires_at"`
	EndedAt   *time.Time `bun:"ended_at"`
	Address   string     `bun:"address"`
	UsedAt    *time.Time `bun:"used_at"`
}

// AddSignIn keeps that a browser is signed in.
func (s *Store) AddSignIn(ctx context.Context, n provider.SignIn) error {
	row := signInRow{
		ID: n.ID, Tenant: n.Tenant, UserID: n.UserID, Hash: n.Hash, Methods: words(n.Methods).text(),
		Via: n.Via, At: n.At, ExpiresAt: n.ExpiresAt, Address: n.Address,
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "the sign-in "+n.ID)
}

// TouchSignIn notes that a browser was used.
func (s *Store) TouchSignIn(ctx context.Context, id, address string, at time.Time) error {
	_, err := s.db.Conn(ctx).NewUpdate().Model((*signInRow)(nil)).Set("used_at = ?", at).Set("address = ?", address).Where("id = ?", id).Exec(ctx)
	return db.Map(err, "the sign-in "+id)
}

// SignInByHash returns the sign-in whose cookie has a hash. It is read without a tenant:
// the cookie says which its bearer belongs to.
func (s *Store) SignInByHash(ctx context.Context, hash string) (provider.SignIn, error) {
	var row signInRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).Where("hash = ?", hash).Scan(ctx)
	return row.signIn(), db.Map(err, "the sign-in")
}

func (r signInRow) signIn() provider.SignIn {
	return provider.SignIn{
		ID: r.ID, Tenant: r.Tenant, UserID: r.UserID, Hash: r.Hash, Methods: wordsOf(r.Methods), Via: r.Via,
		At: r.At.UTC(), ExpiresAt: r.ExpiresAt.UTC(), EndedAt: fromNull(r.EndedAt), Address: r.Address, UsedAt: fromNull(r.UsedAt),
	}
}

// SignInsVia returns those that have not ended of a sign-in at another provider.
func (s *Store) SignInsVia(ctx context.Context, via string) ([]provider.SignIn, error) {
	return s.signIns(ctx, "via = ? AND via <> ''", via)
}

// SignInsOf returns those of somebody that have not ended.
func (s *Store) SignInsOf(ctx context.Context, tenant, user string) ([]provider.SignIn, error) {
	return s.signIns(ctx, "tenant = ? AND user_id = ?", tenant, user)
}

func (s *Store) signIns(ctx context.Context, where string, args ...any) ([]provider.SignIn, error) {
	var rows []signInRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where(where, args...).Where("ended_at IS NULL").Order("id").Scan(ctx)
	list := make([]provider.SignIn, len(rows))
	for i, r := range rows {
		list[i] = r.signIn()
	}
	return list, db.Map(err, "the sign-ins")
}

// EndSignIn ends one that has not ended, and reports whether it did.
func (s *Store) EndSignIn(ctx context.Context, id string, at time.Time) (bool, error) {
	res, err := s.db.Conn(ctx).NewUpdate().Model((*signInRow)(nil)).Set("ended_at = ?", at).
		Where("id = ? AND ended_at IS NULL", id).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "the sign-in "+id)
	}
	n, err := res.RowsAffected()
	return n > 0, db.Map(err, "the sign-in "+id)
}

// Consent returns the scopes that a person let a client have, none where they were not
// asked.
func (s *Store) Consent(ctx context.Context, tenant, user, client string) ([]string, error) {
	var scopes string
	err := s.db.Reader(ctx).NewRaw("SELECT scopes FROM provider_consents WHERE tenant = ? AND user_id = ? AND client = ?",
		tenant, user, client).Scan(ctx, &scopes)
	if err = db.Map(err, "the consent"); kernel.Is(err, kernel.NotFound) {
		return nil, nil
	}
	return wordsOf(scopes), err
}

// PutConsent keeps what a person lets a client have.
func (s *Store) PutConsent(ctx context.Context, tenant, user, client string, scopes []string, at time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw(`INSERT INTO provider_consents (tenant, user_id, client, scopes, at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (tenant, user_id, client) DO UPDATE SET scopes = excluded.scopes, at = excluded.at`,
		tenant, user, client, words(scopes).text(), at).Exec(ctx)
	return db.Map(err, "the consent")
}

type clientRow struct {
	bun.BaseModel `bun:"table:provider_clients,alias:c"`

	ID              string    `bun:"id,pk"`
	Tenant          string    `bun:"tenant"`
	Name            string    `bun:"name"`
	Public          bool      `bun:"public"`
	Secret          string    `bun:"secret"`
	Redirects       string    `bun:"redirects"`
	LogoutRedirects string    `bun:"logout_redirects"`
	Grants          string    `bun:"grants"`
	Scopes          string    `bun:"scopes"`
	Audiences       string    `bun:"audiences"`
	Algorithm       string    `bun:"algorithm"`
	Backchannel     string    `bun:"backchannel_logout"`
	CreatedAt       time.Time `bun:"created_at"`
}

func (r clientRow) client() provider.Client {
	return provider.Client{
		ID: r.ID, Tenant: r.Tenant, Name: r.Name, Public: r.Public, Secret: r.Secret, Redirects: wordsOf(r.Redirects),
		LogoutRedirects: wordsOf(r.LogoutRedirects), Grants: wordsOf(r.Grants), Scopes: wordsOf(r.Scopes),
		Audiences: wordsOf(r.Audiences), Algorithm: r.Algorithm, BackchannelLogout: r.Backchannel, CreatedAt: r.CreatedAt.UTC(),
	}
}

// AddClient keeps a client; a second of a name in a tenant is a Conflict.
func (s *Store) AddClient(ctx context.Context, c provider.Client) error {
	row := clientRow{
		ID: c.ID, Tenant: c.Tenant, Name: c.Name, Public: c.Public, Secret: c.Secret, Redirects: words(c.Redirects).text(),
		LogoutRedirects: words(c.LogoutRedirects).text(), Grants: words(c.Grants).text(), Scopes: words(c.Scopes).text(),
		Audiences: words(c.Audiences).text(), Algorithm: c.Algorithm, Backchannel: c.BackchannelLogout, CreatedAt: c.CreatedAt,
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "the client "+c.Name)
}

// Client returns a client of any tenant.
func (s *Store) Client(ctx context.Context, id string) (provider.Client, error) {
	var row clientRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return row.client(), db.Map(err, "the client "+id)
}

// ClientNamed returns a client of a tenant.
func (s *Store) ClientNamed(ctx context.Context, tenant, name string) (provider.Client, error) {
	var row clientRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).Where("tenant = ? AND name = ?", tenant, name).Scan(ctx)
	return row.client(), db.Map(err, "the client "+name)
}

// Clients lists a tenant's clients by id, the oldest first.
func (s *Store) Clients(ctx context.Context, tenant string, page kernel.PageRequest) (kernel.Page[provider.Client], error) {
	var rows []clientRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? AND id > ?", tenant, page.Cursor).
		Order("id").Limit(int64(page.Size() + 1)).Scan(ctx)
	list := make([]provider.Client, len(rows))
	for i, r := range rows {
		list[i] = r.client()
	}
	return kernel.PageOf(list, page, func(c provider.Client) string { return c.ID }), db.Map(err, "the clients")
}

// SetSecret keeps the hash of another secret.
func (s *Store) SetSecret(ctx context.Context, tenant, id, hash string) error {
	res, err := s.db.Conn(ctx).NewUpdate().Model((*clientRow)(nil)).Set("secret = ?", hash).
		Where("tenant = ? AND id = ?", tenant, id).Exec(ctx)
	return db.Changed(res, err, "the client "+id)
}

// RemoveClient removes a client.
func (s *Store) RemoveClient(ctx context.Context, tenant, id string) error {
	res, err := s.db.Conn(ctx).NewDelete().Model((*clientRow)(nil)).Where("tenant = ? AND id = ?", tenant, id).Exec(ctx)
	return db.Changed(res, err, "the client "+id)
}
