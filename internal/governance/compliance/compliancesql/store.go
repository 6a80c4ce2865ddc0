// Package compliancesql keeps the schedule, the findings and the history of
// governance/compliance in the database.
//
// It owns their tables. What is searched has a column, the rest is JSON. The
// schedule is asked through the index of due moments, so that its cost is that of
// what is due and not that of what there is.
package compliancesql

import (
	"embed"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "compliance", Files: files} }

// Store is a compliance.Store.
type Store struct {
	db *db.DB
}

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var _ compliance.Store = (*Store)(nil)

// placed are the columns of where a stack is.
type placed struct {
	Stack, Tenant, Project, Stage, Workload string
}

func (p placed) place() compliance.Place {
	return compliance.Place{Scope: kernel.Scope{Tenant: p.Tenant, Project: p.Project, Stage: p.Stage}, Workload: p.Workload}
}

// within narrows a query to what an actor sees, and to a filter's place.
func within(q *bun.SelectQuery, s compliance.Sight, f compliance.Filter) *bun.SelectQuery {
	q = q.Where("tenant = ?", s.Tenant)
	if s.Of != "" {
		q = q.Where("project IN (?)", bun.List([]string{"", s.Of}))
	}
	q = db.Within(q, s.Reach, "project", "stage", "")
	return where(q, map[string]string{"project = ?": f.Project, "stage = ?": f.Stage, "workload = ?": f.Workload})
}

func where(q *bun.SelectQuery, conditions map[string]string) *bun.SelectQuery {
	for condition, value := range conditions {
		if value != "" {
			q = q.Where(condition, value)
		}
	}
	return q
}
