package statesql

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type stackRow struct {
	bun.BaseModel `bun:"table:state_stacks"`

	Stack     string `bun:"stack,pk"`
	Tenant    string `bun:"tenant"`
	Project   string `bun:"project"`
	Current   string `bun:"current"`
	LockID    string `bun:"lock_id"`
	LockInfo  string `bun:"lock_info"`
	LockRun   string `bun:"lock_run"`
	LockFence int64  `bun:"lock_fence"`
}

// Stack returns the stack's record, an empty one where there is none.
func (s *Store) Stack(ctx context.Context, id string) (state.Stack, error) {
	var row stackRow
	err := db.Map(s.db.Reader(ctx).NewSelect().Model(&row).Where("stack = ?", id).Scan(ctx), "stack "+id)
	if kernel.Is(err, kernel.NotFound) {
		return state.Stack{ID: id}, nil
	}
	if err != nil {
		return state.Stack{}, err
	}
	return row.stack()
}

// Hold returns the stack's record and keeps its row until the transaction ends:
// the update that changes nothing takes the row's lock.
func (s *Store) Hold(ctx context.Context, id string) (state.Stack, error) {
	scope, _, err := state.SplitStack(id)
	if err != nil {
		return state.Stack{}, err
	}
	row := stackRow{Stack: id, Tenant: scope.Tenant, Project: scope.Project}
	err = s.db.Conn(ctx).NewInsert().Model(&row).
		On("CONFLICT (stack) DO UPDATE").Set("tenant = EXCLUDED.tenant").Returning("*").Scan(ctx)
	if err != nil {
		return state.Stack{}, db.Map(err, "stack "+id)
	}
	return row.stack()
}

// Save writes what can change in a held record.
func (s *Store) Save(ctx context.Context, record state.Stack) error {
	row := stackRow{Stack: record.ID, Current: record.Current}
	if h := record.Held; h != nil {
		info, err := json.Marshal(h.Lock)
		if err != nil {
			return fmt.Errorf("lock of %s: %w", record.ID, err)
		}
		row.LockID, row.LockInfo, row.LockRun, row.LockFence = h.ID, string(info), h.Run, h.Fence
	}
	_, err := s.db.Conn(ctx).NewUpdate().Model(&row).
		Column("current", "lock_id", "lock_info", "lock_run", "lock_fence").WherePK().Exec(ctx)
	return db.Map(err, "stack "+record.ID)
}

func (r stackRow) stack() (state.Stack, error) {
	record := state.Stack{ID: r.Stack, Current: r.Current}
	if r.LockID == "" {
		return record, nil
	}
	held := state.Held{Run: r.LockRun, Fence: r.LockFence}
	if err := json.Unmarshal([]byte(r.LockInfo), &held.Lock); err != nil {
		return state.Stack{}, fmt.Errorf("lock of %s: %w", r.Stack, err)
	}
	record.Held = &held
	return record, nil
}
