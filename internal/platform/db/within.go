package db

import (
	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// WithinProjects narrows a query to what belongs to the projects of which something is
// reached, by the name of the column of a row's project. Rows whose project is one of more
// are, too, for who reaches anything.
func WithinProjects(q *bun.SelectQuery, r kernel.Reach, project string, more ...string) *bun.SelectQuery {
	if r.All {
		return q
	}
	if r.None() {
		return q.Where("1 = 0")
	}
	return q.Where("? IN (?)", bun.Ident(project), bun.List(append(more, r.In()...)))
}

// Reached narrows a query as Within does, and has rows of no stage, and of no project, as
// those have them who may do the action of the reach where it is about a whole project or
// tenant.
func Reached(q *bun.SelectQuery, r kernel.Reach, project, stage string) *bun.SelectQuery {
	switch {
	case r.All && len(r.Only) == 0:
		return q
	case r.None():
		return q.Where("1 = 0")
	case !r.Below && !r.Anywhere:
		return Within(q, r, project, stage)
	}
	whole := append([]string{}, r.In()...)
	if r.Anywhere {
		whole = append(whole, "")
	}
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery { return Within(q, r, project, stage) })
		if r.All {
			return q.WhereOr("? = ''", bun.Ident(stage))
		}
		return q.WhereOr("(? = '' AND ? IN (?))", bun.Ident(stage), bun.Ident(project), bun.List(whole))
	})
}

// Within narrows a query to what is reached, by the names of the columns of a row's
// project and stage. Rows whose project is one of more are reached, too.
func Within(q *bun.SelectQuery, r kernel.Reach, project, stage string, more ...string) *bun.SelectQuery {
	if len(r.Only) > 0 {
		q = q.Where("? IN (?)", bun.Ident(stage), bun.List(r.Only))
	}
	if r.All {
		return q
	}
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		if projects := append(more, r.Projects...); len(projects) > 0 {
			q = q.WhereOr("? IN (?)", bun.Ident(project), bun.List(projects))
		}
		for _, s := range r.Stages {
			q = q.WhereOr("(? = ? AND ? = ?)", bun.Ident(project), s.Project, bun.Ident(stage), s.Stage)
		}
		if r.None() && len(more) == 0 {
			q = q.Where("1 = 0")
		}
		return q
	})
}
