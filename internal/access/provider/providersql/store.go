// Package providersql keeps what the OpenID provider knows in the database: keys,
// clients, sign-ins, sessions, codes and refresh tokens.
//
// It owns the tables provider_*, and never sees a secret or a private key in the clear.
package providersql

import (
	"context"
	"embed"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "provider", Files: files} }

// Store implements provider.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

// words are a list of words, kept as JSON.
type words []string

func (w words) text() string {
	if w == nil {
		return "[]"
	}
	raw, _ := json.Marshal([]string(w)) // strings always can be
	return string(raw)
}

func wordsOf(text string) []string {
	var list []string
	_ = json.Unmarshal([]byte(text), &list) // text wrote it
	return list
}

func fromNull(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func toNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Revision returns how often keys and ended sessions have changed.
func (s *Store) Revision(ctx context.Context) (n int64, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT COALESCE(MAX(revision), 0) FROM provider_revision").Scan(ctx, &n)
	return n, db.Map(err, "the revision of the keys")
}

// Advance counts a change; a second one waits for the first.
func (s *Store) Advance(ctx context.Context) error {
	_, err := s.db.Conn(ctx).NewRaw(`INSERT INTO provider_revision (name, revision) VALUES ('all', 1)
		ON CONFLICT (name) DO UPDATE SET revision = provider_revision.revision + 1`).Exec(ctx)
	return db.Map(err, "the revision of the keys")
}

// Issuer returns what tokens have as iss, "" where none has been given any yet.
func (s *Store) Issuer(ctx context.Context) (issuer string, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT COALESCE(MAX(issuer), '') FROM provider_revision").Scan(ctx, &issuer)
	return issuer, db.Map(err, "the issuer of tokens")
}

// SetIssuer keeps what tokens have as iss.
func (s *Store) SetIssuer(ctx context.Context, issuer string) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE provider_revision SET issuer = ?", issuer).Exec(ctx)
	return db.Map(err, "the issuer of tokens")
}

type keyRow struct {
	bun.BaseModel `bun:"table:provider_keys,alias:k"`

	ID        string     `bun:"id,pk"`
	Algorithm string     `bun:"algorithm"`
	Number    int64      `bun:"number"`
	Sealed    []byte     `bun:"sealed"`
	CreatedAt time.Time  `bun:"created_at"`
	From      time.Time  `bun:"signs_from"`
	Until     *time.Time `bun:"until"`
}

// AddKey keeps a key; a second of a number is a Conflict.
func (s *Store) AddKey(ctx context.Context, k provider.Key) error {
	row := keyRow{ID: k.ID, Algorithm: k.Algorithm, Number: k.Number, Sealed: k.Sealed, CreatedAt: k.CreatedAt, From: k.From, Until: toNull(k.Until)}
	_, err := s.db.Conn(ctx).NewInsert().Model(&row).Exec(ctx)
	return db.Map(err, "the signing key "+k.ID)
}

// EndKeys has the keys below a number published no longer than until.
func (s *Store) EndKeys(ctx context.Context, algorithm string, below int64, until time.Time) error {
	_, err := s.db.Conn(ctx).NewUpdate().Model((*keyRow)(nil)).Set("until = ?", until).
		Where("algorithm = ? AND number < ? AND until IS NULL", algorithm, below).Exec(ctx)
	return db.Map(err, "the signing keys")
}

// SigningKeys returns the keys that are published at a time, the oldest first.
func (s *Store) SigningKeys(ctx context.Context, at time.Time) ([]provider.Key, error) {
	var rows []keyRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("until IS NULL OR until > ?", at).Order("number", "algorithm").Scan(ctx)
	keys := make([]provider.Key, len(rows))
	for i, r := range rows {
		keys[i] = provider.Key{
			ID: r.ID, Algorithm: r.Algorithm, Number: r.Number, Sealed: r.Sealed,
			CreatedAt: r.CreatedAt.UTC(), From: r.From.UTC(), Until: fromNull(r.Until),
		}
	}
	return keys, db.Map(err, "the signing keys")
}

// RemoveKeys removes keys that are published no longer.
func (s *Store) RemoveKeys(ctx context.Context, before time.Time) (int64, error) {
	return s.remove(ctx, "DELETE FROM provider_keys WHERE until <= ?", before)
}

func (s *Store) remove(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := s.db.Conn(ctx).NewRaw(query, args...).Exec(ctx)
	if err != nil {
		return 0, db.Map(err, "what has expired")
	}
	n, err := res.RowsAffected()
	return n, db.Map(err, "what has expired")
}

// Sweep removes what nobody can use since a time.
func (s *Store) Sweep(ctx context.Context, before time.Time) (total int64, err error) {
	for _, query := range []string{
		"DELETE FROM provider_requests WHERE expires_at <= ?",
		"DELETE FROM provider_devices WHERE expires_at <= ?",
		"DELETE FROM provider_sign_ins WHERE expires_at <= ?",
	} {
		n, err := s.remove(ctx, query, before)
		if total += n; err != nil {
			return total, err
		}
	}
	// Who was signed in elsewhere by one may be there for longer, and ends with it.
	n, err := s.remove(ctx, "DELETE FROM provider_sessions WHERE expires_at <= ?", before.Add(-provider.SignInLife))
	return total + n, err
}
