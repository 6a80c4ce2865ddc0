// Package maturitysql keeps answers to the assessment in the database.
//
// It owns the table maturity_answers. It judges nothing.
package maturitysql

import (
	"context"
	"embed"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/maturity"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "maturity", Files: files} }

// Store is a maturity.Store.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var _ maturity.Store = (*Store)(nil)

// Put keeps an answer in place of the one before.
func (s *Store) Put(ctx context.Context, tenant string, a maturity.Answer) error {
	_, err := s.db.Conn(ctx).NewRaw(`INSERT INTO maturity_answers (tenant, criterion, met, note, answered_by, answered_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, criterion) DO UPDATE SET met = excluded.met, note = excluded.note, answered_by = excluded.answered_by, answered_at = excluded.answered_at`,
		tenant, a.Criterion, a.Met, a.Note, a.By, a.At).Exec(ctx)
	return db.Map(err, "the answer")
}

type answerRow struct {
	Criterion  string
	Met        bool
	Note       string
	AnsweredBy string
	AnsweredAt time.Time
}

// Answers returns a tenant's answers by criterion.
func (s *Store) Answers(ctx context.Context, tenant string) ([]maturity.Answer, error) {
	var rows []answerRow
	err := s.db.Reader(ctx).NewRaw("SELECT criterion, met, note, answered_by, answered_at FROM maturity_answers WHERE tenant = ? ORDER BY criterion", tenant).Scan(ctx, &rows)
	all := make([]maturity.Answer, len(rows))
	for i, r := range rows {
		all[i] = maturity.Answer{Criterion: r.Criterion, Met: r.Met, Note: r.Note, By: r.AnsweredBy, At: r.AnsweredAt.UTC()}
	}
	return all, db.Map(err, "the answers")
}
