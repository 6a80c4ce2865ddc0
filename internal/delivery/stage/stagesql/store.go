// Package stagesql keeps the sets of delivery/stage in the database, each
// version that there was. It owns the table stage_sets.
package stagesql

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's table.
func Migrations() db.Migrations { return db.Migrations{Room: "stage", Files: files} }

// Store implements stage.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

type row struct {
	bun.BaseModel `bun:"table:stage_sets"`

	Number     int       `bun:"number,pk"`
	Digest     string    `bun:"digest"`
	Stages     string    `bun:"stages"`
	Origin     string    `bun:"origin"`
	Configured string    `bun:"configured"`
	Reason     string    `bun:"reason"`
	SetBy      string    `bun:"set_by"`
	SetAt      time.Time `bun:"set_at"`
}

// Insert adds a version; a number that is taken is a Conflict.
func (s *Store) Insert(ctx context.Context, v stage.Version) error {
	stages, err := db.Encode(v.Stages, "stages")
	if err != nil {
		return err
	}
	r := row{
		Number: v.Number, Digest: string(v.Digest), Stages: stages, Origin: v.Origin, Configured: string(v.Configured),
		Reason: v.Reason, SetBy: v.SetBy, SetAt: v.SetAt,
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&r).Exec(ctx)
	return db.Map(err, fmt.Sprintf("version %d of the stages", v.Number))
}

// Newest returns the newest version, NotFound where there is none.
func (s *Store) Newest(ctx context.Context) (stage.Version, error) {
	var r row
	if err := s.db.Reader(ctx).NewSelect().Model(&r).Order("number DESC").Limit(1).Scan(ctx); err != nil {
		return stage.Version{}, db.Map(err, "stages")
	}
	return r.version()
}

// Number returns the number of the newest version, 0 where there is none.
func (s *Store) Number(ctx context.Context) (n int, err error) {
	err = s.db.Reader(ctx).NewSelect().Model((*row)(nil)).ColumnExpr("COALESCE(MAX(number), 0)").Scan(ctx, &n)
	return n, db.Map(err, "stages")
}

// Had reports whether any version has a stage of that name.
func (s *Store) Had(ctx context.Context, name string) (bool, error) {
	rows, err := s.db.Reader(ctx).NewSelect().Model((*row)(nil)).Column("stages").Order("number DESC").Rows(ctx)
	if err != nil {
		return false, db.Map(err, "stages")
	}
	defer func() { _ = rows.Close() }() // what matters was read
	for rows.Next() {
		var text []byte
		if err := rows.Scan(&text); err != nil {
			return false, db.Map(err, "stages")
		}
		if had, err := names(text, name); err != nil || had {
			return had, err
		}
	}
	return false, db.Map(rows.Err(), "stages")
}

// names reports whether one of the stages of a version has the name.
func names(text []byte, name string) (bool, error) {
	var stages []struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(text, &stages); err != nil {
		return false, fmt.Errorf("read the stages of a version: %w", err)
	}
	for _, st := range stages {
		if st.Name == name {
			return true, nil
		}
	}
	return false, nil
}

func (r row) version() (stage.Version, error) {
	v := stage.Version{
		Number: r.Number, Digest: kernel.Digest(r.Digest), Origin: r.Origin, Configured: kernel.Digest(r.Configured),
		Reason: r.Reason, SetBy: r.SetBy, SetAt: r.SetAt.UTC(),
	}
	if err := json.Unmarshal([]byte(r.Stages), &v.Stages); err != nil {
		return v, fmt.Errorf("read version %d of the stages: %w", r.Number, err)
	}
	return v, nil
}
