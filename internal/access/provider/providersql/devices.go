package providersql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type deviceRow struct {
	bun.BaseModel `bun:"table:provider_devices,alias:d"`

	Hash      string     `bun:"hash,pk"`
	Code      string     `bun:"code"`
	Client    string     `bun:"client"`
	Scopes    string     `bun:"scopes"`
	Audiences string     `bun:"audiences"`
	Status    string     `bun:"status"`
	Tenant    string     `bun:"tenant"`
	Subject   string     `bun:"subject"`
	Methods   string     `bun:"methods"`
	Via       string     `bun:"via"`
	AuthTime  *time.Time `bun:"auth_time"`
	CreatedAt time.Time  `bun:"created_at"`
	ExpiresAt time.Time  `bun:"expires_at"`
	PolledAt  *time.Time `bun:"polled_at"`
	Wait      int64      `bun:"wait"`
}

func rowOf(d provider.Device) *deviceRow {
	return &deviceRow{
		Hash: d.Hash, Code: d.Code, Client: d.Client, Scopes: words(d.Scopes).text(), Audiences: words(d.Audiences).text(),
		Status: string(d.Status), Tenant: d.Tenant, Subject: d.Subject, Methods: words(d.Methods).text(), Via: d.Via, AuthTime: toNull(d.AuthTime),
		CreatedAt: d.CreatedAt, ExpiresAt: d.ExpiresAt, PolledAt: toNull(d.PolledAt), Wait: int64(d.Interval),
	}
}

func (r deviceRow) device() provider.Device {
	return provider.Device{
		Hash: r.Hash, Code: r.Code, Client: r.Client, Scopes: wordsOf(r.Scopes), Audiences: wordsOf(r.Audiences),
		Status: provider.DeviceStatus(r.Status), Tenant: r.Tenant, Subject: r.Subject, Methods: wordsOf(r.Methods), Via: r.Via,
		AuthTime: fromNull(r.AuthTime), CreatedAt: r.CreatedAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(),
		PolledAt: fromNull(r.PolledAt), Interval: int(r.Wait),
	}
}

// AddDevice keeps the sign-in of a device; a code that another has is a Conflict.
func (s *Store) AddDevice(ctx context.Context, d provider.Device) error {
	_, err := s.db.Conn(ctx).NewInsert().Model(rowOf(d)).Exec(ctx)
	return db.Map(err, "the device code")
}

// DeviceByHash returns the one with a device code.
func (s *Store) DeviceByHash(ctx context.Context, hash string) (provider.Device, error) {
	return s.device(ctx, "hash = ?", hash)
}

// DeviceByCode returns the one with a user code.
func (s *Store) DeviceByCode(ctx context.Context, code string) (provider.Device, error) {
	return s.device(ctx, "code = ?", code)
}

func (s *Store) device(ctx context.Context, where, value string) (provider.Device, error) {
	var row deviceRow
	err := s.db.Reader(ctx).NewSelect().Model(&row).Where(where, value).Scan(ctx)
	return row.device(), db.Map(err, "the device")
}

// PutDevice writes one over the status that was seen, else it is Stale.
func (s *Store) PutDevice(ctx context.Context, d provider.Device, seen provider.DeviceStatus) error {
	res, err := s.db.Conn(ctx).NewUpdate().Model(rowOf(d)).
		Column("status", "tenant", "subject", "methods", "via", "auth_time", "polled_at", "wait").
		Where("hash = ? AND status = ?", d.Hash, string(seen)).Exec(ctx)
	if err := db.Changed(res, err, "the device"); !kernel.Is(err, kernel.NotFound) {
		return err
	}
	return kernel.Errorf(kernel.Stale, "somebody else has decided on the device")
}
