package documentsql

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/document"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Find implements document.Store.
func (s *Store) Find(ctx context.Context, at document.Place, scan document.Scan) (document.Found, error) {
	var rows []row
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where(where("d"), of(at)...).
		Where("(d.expires_at IS NULL OR d.expires_at > ?)", scan.Now.UnixMicro())
	q = inOrder(q, at, scan)
	for _, f := range scan.Also {
		keys := s.db.Reader(ctx).NewSelect().TableExpr("document_keys AS f").ColumnExpr("1").Where(where("f"), of(at)...).
			Where("f.name = ? AND f.id = d.id", f.Index)
		q = q.Where("EXISTS (?)", within(keys, "f", f.Ranges))
	}
	err := q.Limit(int64(scan.Limit) + 1).Scan(ctx)
	all, err := db.Each(rows, err, "documents", s.document)
	return document.FoundOf(all, scan), err
}

// inOrder has the query be in the order of the scan, after its position.
func inOrder(q *bun.SelectQuery, at document.Place, scan document.Scan) *bun.SelectQuery {
	than, way := ">", " ASC"
	if scan.Descending {
		than, way = "<", " DESC"
	}
	if scan.Index == "" {
		if scan.After != nil {
			q = q.Where("d.id "+than+" ?", scan.After.ID)
		}
		return q.OrderExpr("d.id" + way)
	}
	q = q.Join("JOIN document_keys AS k ON k.tenant = d.tenant AND k.project = d.project AND k.stage = d.stage AND k.collection = d.collection AND k.id = d.id").
		Where(where("k"), of(at)...).Where("k.name = ?", scan.Index)
	if scan.After != nil {
		q = q.Where("(k.value, k.id) "+than+" (?, ?)", scan.After.Key, scan.After.ID)
	}
	if len(scan.Ranges) > 0 {
		q = within(q, "k", scan.Ranges)
	}
	return q.OrderExpr("k.value" + way + ", k.id" + way)
}

// within has the value of a key be in one of the ranges; none has nothing.
func within(q *bun.SelectQuery, alias string, ranges []document.Range) *bun.SelectQuery {
	if len(ranges) == 0 {
		return q.Where("1 = 0")
	}
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		for _, r := range ranges {
			from, to := " >= ?", " < ?"
			if r.Above {
				from = " > ?"
			}
			if r.Through {
				to = " <= ?"
			}
			q = q.WhereOr("("+alias+".value"+from+" AND "+alias+".value"+to+")", r.From, r.To)
		}
		return q
	})
}
