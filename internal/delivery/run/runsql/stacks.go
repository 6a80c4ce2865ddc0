package runsql

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type leaseRow struct {
	Fence              int64
	Run, Node, Process string
	Expires            time.Time
}

// Lease returns the stack's lease; one that never was taken is zero.
func (s *Store) Lease(ctx context.Context, stack string) (run.Lease, error) {
	var r leaseRow
	err := s.db.Reader(ctx).NewRaw("SELECT fence, run, node, process, expires FROM run_stacks WHERE stack = ?", stack).Scan(ctx, &r)
	if errors.Is(err, sql.ErrNoRows) {
		return run.Lease{}, nil
	}
	return run.Lease{Fence: r.Fence, Run: r.Run, Node: r.Node, Process: r.Process, Expires: r.Expires.UTC()}, db.Map(err, "lease of "+stack)
}

// SwapLease writes l over old: the stored fence, run and process must still be old's.
func (s *Store) SwapLease(ctx context.Context, stack string, old, l run.Lease) error {
	query := "UPDATE run_stacks SET fence = ?, run = ?, node = ?, process = ?, expires = ? WHERE stack = ? AND fence = ? AND run = ? AND process = ?"
	args := []any{l.Fence, l.Run, l.Node, l.Process, l.Expires.UTC(), stack, old.Fence, old.Run, old.Process}
	if old.Fence == 0 {
		query = "INSERT INTO run_stacks (fence, run, node, process, expires, stack) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
		args = args[:6]
	}
	result, err := s.db.Conn(ctx).NewRaw(query, args...).Exec(ctx)
	if err != nil {
		return db.Map(err, "lease of "+stack)
	}
	return swapped(result, "lease of "+stack)
}
