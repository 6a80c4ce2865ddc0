package pkisql

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type certificateRow struct {
	bun.BaseModel `bun:"table:pki_certificates"`

	ID          string `bun:",pk"`
	Serial      string
	Tenant      string
	Project     string
	Stage       string
	Kind        string
	Holder      string
	Subject     string
	Names       string
	Issuer      string
	IssuerName  string
	Profile     string
	Algorithm   string
	Fingerprint string
	NotBefore   int64
	NotAfter    int64
	IssuedAt    int64
	RenewedFrom string
	RenewedBy   string
	RevokedAt   int64
	Reason      string
	RevokedBy   string
	Told        int64
	DER         []byte
}

func certificateRowOf(e pki.Entry) certificateRow {
	r := certificateRow{
		ID: e.ID, Serial: e.Serial, Tenant: e.Holder.Scope.Tenant, Project: e.Holder.Scope.Project, Stage: e.Holder.Scope.Stage, Kind: string(e.Holder.Kind), Holder: e.Holder.Name,
		Names: strings.Join(e.Names, " "), Issuer: e.Issuer, IssuerName: e.IssuerName, Profile: string(e.Profile), Algorithm: e.KeyAlgorithm, Fingerprint: e.Fingerprint,
		NotBefore: millis(e.NotBefore), NotAfter: millis(e.NotAfter), IssuedAt: millis(e.IssuedAt), RenewedFrom: e.RenewedFrom, RenewedBy: e.RenewedBy, Told: e.Told, DER: e.DER,
	}
	if len(e.Names) > 0 {
		r.Subject = e.Names[0]
	}
	if e.Revoked != nil {
		r.RevokedAt, r.Reason, r.RevokedBy = millis(e.Revoked.At), string(e.Revoked.Reason), e.Revoked.By
	}
	return r
}

func (r certificateRow) entry() (pki.Entry, error) {
	e := pki.Entry{
		ID: r.ID, Serial: r.Serial, Holder: pki.Holder{Kind: pki.HolderKind(r.Kind), Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Name: r.Holder},
		Names: strings.Fields(r.Names), Issuer: r.Issuer, IssuerName: r.IssuerName, Profile: pki.Profile(r.Profile), KeyAlgorithm: r.Algorithm, Fingerprint: r.Fingerprint,
		NotBefore: timeOf(r.NotBefore), NotAfter: timeOf(r.NotAfter), IssuedAt: timeOf(r.IssuedAt), RenewedFrom: r.RenewedFrom, RenewedBy: r.RenewedBy, Told: r.Told, DER: r.DER,
	}
	if r.RevokedAt > 0 {
		e.Revoked = &pki.Revocation{At: timeOf(r.RevokedAt), Reason: pki.Reason(r.Reason), By: r.RevokedBy}
	}
	return e, nil
}

// Add implements pki.Inventory.
func (s *Store) Add(ctx context.Context, all []pki.Entry) error {
	rows := make([]certificateRow, 0, len(all))
	for _, e := range all {
		rows = append(rows, certificateRowOf(e))
	}
	if _, err := s.db.Conn(ctx).NewInsert().Model(&rows).On("CONFLICT (id) DO NOTHING").Exec(ctx); err != nil {
		return db.Map(err, "the certificates")
	}
	for _, r := range rows {
		if r.RenewedFrom == "" {
			continue
		}
		if _, err := s.db.Conn(ctx).NewRaw("UPDATE pki_certificates SET renewed_by = ? WHERE id = ?", r.ID, r.RenewedFrom).Exec(ctx); err != nil {
			return db.Map(err, "certificate "+r.RenewedFrom)
		}
	}
	return nil
}

// Get implements pki.Inventory.
func (s *Store) Get(ctx context.Context, id string) (pki.Entry, error) {
	var r certificateRow
	if err := s.db.Reader(ctx).NewSelect().Model(&r).Where("id = ?", id).Scan(ctx); err != nil {
		return pki.Entry{}, db.Map(err, "certificate "+id)
	}
	return r.entry()
}

// List implements pki.Inventory.
func (s *Store) List(ctx context.Context, tenant string, reach kernel.Reach, f pki.Filter, page kernel.PageRequest) (kernel.Page[pki.Entry], error) {
	var rows []certificateRow
	q := db.Reached(s.db.Reader(ctx).NewSelect().Model(&rows).ExcludeColumn("der").Where("tenant = ?", tenant), reach, "project", "stage")
	q, err := after(filtered(q, f), page.Cursor)
	if err != nil {
		return kernel.Page[pki.Entry]{}, err
	}
	err = q.Order("not_after", "id").Limit(int64(page.Size() + 1)).Scan(ctx)
	all, err := db.Each(rows, err, "the certificates", certificateRow.entry)
	return kernel.PageOf(all, page, func(e pki.Entry) string { return strconv.FormatInt(millis(e.NotAfter), 10) + "-" + e.ID }), err
}

func filtered(q *bun.SelectQuery, f pki.Filter) *bun.SelectQuery {
	if f.Kind != "" {
		q = q.Where("kind = ?", string(f.Kind))
	}
	if f.Name != "" {
		q = q.Where("(holder = ? OR subject = ?)", f.Name, f.Name)
	}
	if !f.Before.IsZero() {
		q = q.Where("not_after < ?", millis(f.Before))
	}
	if f.Issuer != "" {
		q = q.Where("issuer = ?", f.Issuer)
	}
	switch f.State {
	case pki.Revoked:
		q = q.Where("revoked_at > 0")
	case pki.Expired:
		q = q.Where("revoked_at = 0 AND not_after <= ?", millis(f.At))
	case pki.Valid:
		q = q.Where("revoked_at = 0 AND not_after > ?", millis(f.At))
	}
	return q
}

// after goes on behind a cursor, which is the end of a certificate and its id.
func after(q *bun.SelectQuery, cursor string) (*bun.SelectQuery, error) {
	if cursor == "" {
		return q, nil
	}
	text, id, _ := strings.Cut(cursor, "-")
	end, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id == "" {
		return nil, kernel.Errorf(kernel.Invalid, "the cursor %q is none of this list", cursor)
	}
	return q.Where("(not_after, id) > (?, ?)", end, id), nil
}

// Revoke implements pki.Inventory.
func (s *Store) Revoke(ctx context.Context, id string, r pki.Revocation) error {
	result, err := s.db.Conn(ctx).NewRaw("UPDATE pki_certificates SET revoked_at = ?, reason = ?, revoked_by = ? WHERE id = ? AND revoked_at = 0",
		millis(r.At), string(r.Reason), r.By, id).Exec(ctx)
	if err := db.Changed(result, err, "certificate "+id); !kernel.Is(err, kernel.NotFound) {
		return err
	}
	return kernel.Errorf(kernel.Conflict, "certificate %s is revoked already", id)
}

// Ends implements pki.Inventory.
func (s *Store) Ends(ctx context.Context, issuer string) (time.Time, error) {
	var last int64
	err := s.db.Reader(ctx).NewRaw("SELECT COALESCE(MAX(not_after), 0) FROM pki_certificates WHERE issuer = ?", issuer).Scan(ctx, &last)
	return timeOf(last), db.Map(err, "the certificates")
}

// Remove implements pki.Inventory.
func (s *Store) Remove(ctx context.Context, before time.Time, limit int) (int, error) {
	result, err := s.db.Conn(ctx).NewRaw("DELETE FROM pki_certificates WHERE id IN (SELECT id FROM pki_certificates WHERE not_after < ? LIMIT ?)", millis(before), limit).Exec(ctx)
	if err != nil {
		return 0, db.Map(err, "the certificates")
	}
	n, err := result.RowsAffected()
	return int(n), db.Map(err, "the certificates")
}

// Ending implements pki.Alerts.
func (s *Store) Ending(ctx context.Context, before time.Time, level int64, limit int) ([]pki.Entry, error) {
	var rows []certificateRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("told < ? AND told < 4", level).Where("not_after < ? AND revoked_at = 0", millis(before)).
		Order("not_after").Limit(int64(limit)).Scan(ctx)
	return db.Each(rows, err, "the certificates", certificateRow.entry)
}

// Tell implements pki.Alerts.
func (s *Store) Tell(ctx context.Context, id string, level int64) (bool, error) {
	result, err := s.db.Conn(ctx).NewRaw("UPDATE pki_certificates SET told = ? WHERE id = ? AND told < ?", level, id, level).Exec(ctx)
	if err != nil {
		return false, db.Map(err, "certificate "+id)
	}
	n, err := result.RowsAffected()
	return n > 0, db.Map(err, "certificate "+id)
}

// Replaced implements pki.Alerts.
func (s *Store) Replaced(ctx context.Context, e pki.Entry) (bool, error) {
	n, err := s.db.Reader(ctx).NewSelect().Model((*certificateRow)(nil)).
		Where("tenant = ? AND holder = ? AND project = ? AND stage = ? AND kind = ?", e.Holder.Scope.Tenant, e.Holder.Name, e.Holder.Scope.Project, e.Holder.Scope.Stage, string(e.Holder.Kind)).
		Where("names = ? AND not_after > ? AND revoked_at = 0", strings.Join(e.Names, " "), millis(e.NotAfter)).Limit(1).Count(ctx)
	return n > 0, db.Map(err, fmt.Sprintf("what came after certificate %s", e.ID))
}
