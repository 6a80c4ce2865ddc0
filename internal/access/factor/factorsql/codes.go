package factorsql

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/factor"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type codeRow struct {
	bun.BaseModel `bun:"table:factor_codes,alias:c"`

	Tenant string     `bun:"tenant,pk"`
	UserID string     `bun:"user_id,pk"`
	Hash   string     `bun:"hash,pk"`
	UsedAt *time.Time `bun:"used_at"`
}

// PutCodes replaces the recovery codes of somebody.
func (s *Store) PutCodes(ctx context.Context, tenant, user string, hashes []string) error {
	if _, err := s.db.Conn(ctx).NewDelete().Model((*codeRow)(nil)).Where("tenant = ? AND user_id = ?", tenant, user).Exec(ctx); err != nil {
		return db.Map(err, "the recovery codes")
	}
	rows := make([]codeRow, len(hashes))
	for i, hash := range hashes {
		rows[i] = codeRow{Tenant: tenant, UserID: user, Hash: hash}
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&rows).Exec(ctx)
	return db.Map(err, "the recovery codes")
}

// UseCode spends a recovery code; NotFound for none.
func (s *Store) UseCode(ctx context.Context, tenant, user, hash string, at time.Time) error {
	res, err := s.db.Conn(ctx).NewUpdate().Model((*codeRow)(nil)).Set("used_at = ?", at).
		Where("tenant = ? AND user_id = ? AND hash = ? AND used_at IS NULL", tenant, user, hash).Exec(ctx)
	return db.Changed(res, err, "the recovery code")
}

// CountCodes returns how many recovery codes there are of somebody, and how many are
// unused.
func (s *Store) CountCodes(ctx context.Context, tenant, user string) (all, left int, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT COUNT(*), COUNT(*) - COUNT(used_at) FROM factor_codes WHERE tenant = ? AND user_id = ?", tenant, user).
		Scan(ctx, &all, &left)
	return all, left, db.Map(err, "the recovery codes")
}

// Tries returns how often somebody guessed since their last success, and when last.
func (s *Store) Tries(ctx context.Context, tenant, user string) (count int, last time.Time, err error) {
	err = s.db.Reader(ctx).NewRaw("SELECT count, last_at FROM factor_tries WHERE tenant = ? AND user_id = ?", tenant, user).Scan(ctx, &count, &last)
	if err = db.Map(err, "the tries"); kernel.Is(err, kernel.NotFound) {
		return 0, time.Time{}, nil
	}
	return count, last.UTC(), err
}

// CountTry counts another try; Stale where one was counted since.
func (s *Store) CountTry(ctx context.Context, tenant, user string, seen int, at time.Time) error {
	res, err := s.db.Conn(ctx).NewRaw(`INSERT INTO factor_tries (tenant, user_id, count, last_at) VALUES (?, ?, 1, ?)
		ON CONFLICT (tenant, user_id) DO UPDATE SET count = factor_tries.count + 1, last_at = excluded.last_at WHERE factor_tries.count = ?`,
		tenant, user, at, seen).Exec(ctx)
	if err := db.Changed(res, err, "the tries"); !kernel.Is(err, kernel.NotFound) {
		return err
	}
	return kernel.Errorf(kernel.Stale, "another try was made at the same time")
}

// ForgetTries begins to count anew.
func (s *Store) ForgetTries(ctx context.Context, tenant, user string) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM factor_tries WHERE tenant = ? AND user_id = ?", tenant, user).Exec(ctx)
	return db.Map(err, "the tries")
}

// Hold has whoever else holds the same person wait: none is counted by it.
func (s *Store) Hold(ctx context.Context, tenant, user string) error {
	_, err := s.db.Conn(ctx).NewRaw(`INSERT INTO factor_tries (tenant, user_id, count, last_at) VALUES (?, ?, 0, ?)
		ON CONFLICT (tenant, user_id) DO UPDATE SET count = factor_tries.count`, tenant, user, time.Unix(0, 0).UTC()).Exec(ctx)
	return db.Map(err, "the factors")
}

// Spend keeps what is good once; Conflict for what is spent.
func (s *Store) Spend(ctx context.Context, id string, until time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("INSERT INTO factor_spent (id, expires_at) VALUES (?, ?)", id, until).Exec(ctx)
	return db.Map(err, "what was used")
}

// Sweep forgets what was spent and is too old.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM factor_spent WHERE expires_at <= ?", now).Exec(ctx)
	return db.Map(err, "what was used")
}

// Policy returns a tenant's policy, Optional where none is set.
func (s *Store) Policy(ctx context.Context, tenant string) (factor.Policy, error) {
	var p string
	err := s.db.Reader(ctx).NewRaw("SELECT policy FROM factor_policies WHERE tenant = ?", tenant).Scan(ctx, &p)
	if err = db.Map(err, "the policy"); kernel.Is(err, kernel.NotFound) {
		return factor.Optional, nil
	}
	return factor.Policy(p), err
}

// PutPolicy keeps a tenant's policy.
func (s *Store) PutPolicy(ctx context.Context, tenant string, p factor.Policy) error {
	_, err := s.db.Conn(ctx).NewRaw(`INSERT INTO factor_policies (tenant, policy) VALUES (?, ?)
		ON CONFLICT (tenant) DO UPDATE SET policy = excluded.policy`, tenant, string(p)).Exec(ctx)
	return db.Map(err, "the policy")
}
