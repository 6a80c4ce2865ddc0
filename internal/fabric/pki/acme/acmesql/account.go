package acmesql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type accountRow struct {
	bun.BaseModel `bun:"table:acme_accounts"`

	Tenant      string
	ID          string `bun:",pk"`
	Project     string
	Stage       string
	Thumbprint  string
	ExternalKey string
	Status      string
	CreatedAt   time.Time
	Revision    int64
	Body        string
}

func accountRowOf(a acme.Account) (accountRow, error) {
	body, err := db.Encode(a, "account "+a.ID)
	return accountRow{
		Tenant: a.Scope.Tenant, ID: a.ID, Project: a.Scope.Project, Stage: a.Scope.Stage, Thumbprint: a.Thumbprint, ExternalKey: a.ExternalKey, Status: string(a.Status),
		CreatedAt: a.CreatedAt, Revision: a.Revision + 1, Body: body,
	}, err
}

func (r accountRow) account() (a acme.Account, err error) {
	err = db.Decode(r.Body, &a, "account "+r.ID)
	a.ID, a.Scope, a.Thumbprint, a.ExternalKey = r.ID, kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, r.Thumbprint, r.ExternalKey
	a.Status, a.CreatedAt, a.Revision = acme.Status(r.Status), r.CreatedAt.UTC(), r.Revision
	return a, err
}

// InsertAccount implements acme.Accounts.
func (s *Store) InsertAccount(ctx context.Context, a acme.Account) error {
	r, err := accountRowOf(a)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&r).Exec(ctx)
	return db.Map(err, "account "+a.ID)
}

// SaveAccount implements acme.Accounts.
func (s *Store) SaveAccount(ctx context.Context, a acme.Account) error {
	r, err := accountRowOf(a)
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewUpdate().Model(&r).Column("thumbprint", "status", "revision", "body").Where("id = ? AND revision = ?", a.ID, a.Revision).Exec(ctx)
	return saved(result, err, "account "+a.ID)
}

// Account implements acme.Accounts.
func (s *Store) Account(ctx context.Context, id string) (acme.Account, error) {
	return s.account(ctx, "id", id)
}

// AccountByKey implements acme.Accounts.
func (s *Store) AccountByKey(ctx context.Context, thumbprint string) (acme.Account, error) {
	return s.account(ctx, "thumbprint", thumbprint)
}

func (s *Store) account(ctx context.Context, column, value string) (acme.Account, error) {
	var r accountRow
	if err := s.db.Conn(ctx).NewSelect().Model(&r).Where("? = ?", bun.Ident(column), value).Scan(ctx); err != nil {
		return acme.Account{}, db.Map(err, "the account")
	}
	return r.account()
}

// AccountsOf implements acme.Accounts.
func (s *Store) AccountsOf(ctx context.Context, key string) ([]acme.Account, error) {
	var rows []accountRow
	err := s.db.Conn(ctx).NewSelect().Model(&rows).Where("external_key = ?", key).Order("id").Scan(ctx)
	return db.Each(rows, err, "the accounts", accountRow.account)
}

// CountAccounts implements acme.Accounts.
func (s *Store) CountAccounts(ctx context.Context, key string, since time.Time) (int, error) {
	n, err := s.db.Conn(ctx).NewSelect().Model((*accountRow)(nil)).Where("external_key = ? AND created_at >= ?", key, since).Count(ctx)
	return int(n), db.Map(err, "the accounts")
}

type certificateRow struct {
	bun.BaseModel `bun:"table:acme_certificates"`

	Tenant   string
	Serial   string `bun:",pk"`
	Project  string
	Stage    string
	Account  string
	NotAfter time.Time
	Revision int64
	Body     string
}

func certificateRowOf(c acme.Certificate) (certificateRow, error) {
	body, err := db.Encode(c, "certificate "+c.Serial)
	return certificateRow{
		Tenant: c.Scope.Tenant, Serial: c.Serial, Project: c.Scope.Project, Stage: c.Scope.Stage, Account: c.Account, NotAfter: c.NotAfter, Revision: c.Revision + 1, Body: body,
	}, err
}

// InsertCertificate implements acme.Certificates.
func (s *Store) InsertCertificate(ctx context.Context, c acme.Certificate) error {
	r, err := certificateRowOf(c)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&r).Exec(ctx)
	return db.Map(err, "certificate "+c.Serial)
}

// SaveCertificate implements acme.Certificates.
func (s *Store) SaveCertificate(ctx context.Context, c acme.Certificate) error {
	r, err := certificateRowOf(c)
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewUpdate().Model(&r).Column("revision", "body").Where("serial = ? AND revision = ?", c.Serial, c.Revision).Exec(ctx)
	return saved(result, err, "certificate "+c.Serial)
}

// Certificate implements acme.Certificates.
func (s *Store) Certificate(ctx context.Context, serial string) (c acme.Certificate, err error) {
	var r certificateRow
	if err := s.db.Conn(ctx).NewSelect().Model(&r).Where("serial = ?", serial).Scan(ctx); err != nil {
		return c, db.Map(err, "certificate "+serial)
	}
	err = db.Decode(r.Body, &c, "certificate "+serial)
	c.Serial, c.Scope, c.Account = r.Serial, kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, r.Account
	c.NotAfter, c.Revision = r.NotAfter.UTC(), r.Revision
	return c, err
}
