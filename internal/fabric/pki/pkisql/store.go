// Package pkisql keeps authorities, certificates and lists of what was revoked in the database.
//
// It owns the tables whose names begin with pki_, and decides nothing.
package pkisql

import (
	"context"
	"crypto/x509"
	"embed"
	"encoding/pem"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "pki", Files: files} }

// Store implements the ports of pki.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var (
	_ pki.Authorities = (*Store)(nil)
	_ pki.Inventory   = (*Store)(nil)
	_ pki.Alerts      = (*Store)(nil)
	_ pki.Lists       = (*Store)(nil)
)

type authorityRow struct {
	bun.BaseModel `bun:"table:pki_authorities"`

	ID         string `bun:",pk"`
	Kind       string
	Generation int64
	State      string
	Parent     string
	Zones      string
	Cert       string
	Above      string
	Crosses    string
	Sealed     []byte
	CreatedAt  int64
	SignsAt    int64
	CeasedAt   int64
	RetiredAt  int64
	Told       int64
}

func authorityRowOf(c pki.CA) *authorityRow {
	r := &authorityRow{
		ID: c.ID, Kind: string(c.Kind), Generation: c.Generation, State: string(c.State), Parent: c.Parent, Zones: strings.Join(c.Zones, " "),
		Above: written(c.Above), Crosses: written(c.Crosses), Sealed: c.Sealed,
		CreatedAt: millis(c.CreatedAt), SignsAt: millis(c.SignsAt), CeasedAt: millis(c.CeasedAt), RetiredAt: millis(c.RetiredAt), Told: c.Told,
	}
	if c.Cert != nil {
		r.Cert = written([]*x509.Certificate{c.Cert})
	}
	return r
}

func (r authorityRow) authority() (c pki.CA, err error) {
	c = pki.CA{
		ID: r.ID, Kind: pki.CAKind(r.Kind), Generation: r.Generation, State: pki.CAState(r.State), Parent: r.Parent, Zones: strings.Fields(r.Zones), Sealed: r.Sealed,
		CreatedAt: timeOf(r.CreatedAt), SignsAt: timeOf(r.SignsAt), CeasedAt: timeOf(r.CeasedAt), RetiredAt: timeOf(r.RetiredAt), Told: r.Told,
	}
	own, err := read(r.Cert, r.ID)
	if err != nil {
		return c, err
	}
	if len(own) > 0 {
		c.Cert = own[0]
	}
	if c.Above, err = read(r.Above, r.ID); err != nil {
		return c, err
	}
	c.Crosses, err = read(r.Crosses, r.ID)
	return c, err
}

func written(certs []*x509.Certificate) string {
	var out strings.Builder
	for _, cert := range certs {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	}
	return out.String()
}

func read(text, id string) (certs []*x509.Certificate, err error) {
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, kernel.Errorf(kernel.Internal, "the certificate of authority %s: %w", id, err)
		}
		certs = append(certs, cert)
	}
	return certs, nil
}

// millis is a time in a row, 0 for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(millis int64) time.Time {
	if millis == 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}

// Turn implements pki.Authorities.
func (s *Store) Turn(ctx context.Context) (turn int64, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT turn FROM pki_turn WHERE id = 1").Scan(ctx, &turn)
	return turn, db.Map(err, "the turn of the authorities")
}

// Hold implements pki.Authorities.
func (s *Store) Hold(ctx context.Context) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE pki_turn SET turn = turn + 1 WHERE id = 1").Exec(ctx)
	return db.Map(err, "the turn of the authorities")
}

// All implements pki.Authorities.
func (s *Store) All(ctx context.Context) ([]pki.CA, error) {
	var rows []authorityRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Order("kind", "generation").Scan(ctx)
	return db.Each(rows, err, "the authorities", authorityRow.authority)
}

// Insert implements pki.Authorities.
func (s *Store) Insert(ctx context.Context, c pki.CA) error {
	_, err := s.db.Conn(ctx).NewInsert().Model(authorityRowOf(c)).Exec(ctx)
	return db.Map(err, "authority "+c.ID)
}

// Save implements pki.Authorities.
func (s *Store) Save(ctx context.Context, c pki.CA) error {
	result, err := s.db.Conn(ctx).NewUpdate().Model(authorityRowOf(c)).WherePK().Exec(ctx)
	return db.Changed(result, err, "authority "+c.ID)
}

// Revoked implements pki.Authorities.
func (s *Store) Revoked(ctx context.Context, at time.Time) (serials []string, err error) {
	kinds := []string{string(pki.HolderWorkload), string(pki.HolderRoute), string(pki.HolderPlatform)}
	err = s.db.Reader(ctx).NewSelect().Model((*certificateRow)(nil)).Column("serial").
		Where("revoked_at > 0 AND not_after > ?", millis(at)).Where("kind IN (?)", bun.List(kinds)).Scan(ctx, &serials)
	return serials, db.Map(err, "what was revoked")
}
