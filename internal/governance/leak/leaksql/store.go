// Package leaksql keeps findings of leaked values, and the keyed hashes of own ones, in the
// database.
//
// It owns the tables leak_findings, leak_branches, leak_logs, leak_keys, leak_values,
// leak_changes and leak_added. It never sees a value.
package leaksql

import (
	"context"
	"embed"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/sealedrow"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the room's tables.
func Migrations() db.Migrations { return db.Migrations{Room: "leak", Files: files} }

const (
	// lapsedAtOnce bounds how many findings one round opens again, or resolves.
	lapsedAtOnce = 200
	// underAtOnce bounds how many findings of a repository are read at once.
	underAtOnce = 500
)

// Store is a leak.Store and leak.Values.
type Store struct{ db *db.DB }

// NewStore returns a store on d.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

var (
	_ leak.Store  = (*Store)(nil)
	_ leak.Apart  = (*Store)(nil)
	_ leak.Values = (*Store)(nil)
)

// Sealed are the rows that are sealed.
func (s *Store) Sealed(with sealedrow.Sealer) sealedrow.Table {
	return sealedrow.Table{
		DB: s.db, Sealer: with, Holds: "keys of values", Table: "leak_keys", Columns: []string{"tenant"},
		Associated: func(c []string) []byte { return leak.Associated(c[0]) },
	}
}

type row struct {
	Revision int64
	Body     string
}

func (s *Store) query(ctx context.Context) *bun.SelectQuery {
	return s.db.Reader(ctx).NewSelect().TableExpr("leak_findings").Column("revision", "body")
}

// apart are the columns of where a finding stands that is about a secret of another project.
func apart(f leak.Finding) (repository, source, sourceRepository string, tell *time.Time) {
	if f.Source == nil {
		return f.Place.Repository, "", "", nil
	}
	if at := f.Source.Tell; !at.IsZero() {
		at = stored(at)
		tell = &at
	}
	return "", f.Source.Scope.Project, f.Place.Repository, tell
}

func scan(ctx context.Context, q *bun.SelectQuery) ([]leak.Finding, error) {
	var rows []row
	err := q.Scan(ctx, &rows)
	return db.Each(rows, err, "findings", func(r row) (f leak.Finding, err error) {
		err = db.Decode(r.Body, &f, "finding")
		f.Revision = r.Revision
		return f, err
	})
}

// At returns those of a place.
func (s *Store) At(ctx context.Context, scope kernel.Scope, identity string) ([]leak.Finding, error) {
	return scan(ctx, s.query(ctx).Where("tenant = ? AND project = ? AND stage = ? AND place = ?", scope.Tenant, scope.Project, scope.Stage, identity).Order("id"))
}

// Beginning returns those of the places whose identity begins so. Identities are digests in
// hex, so that what begins so is before what goes on with the letter after f, in the order
// of every language: the index has them side by side.
func (s *Store) Beginning(ctx context.Context, scope kernel.Scope, identity string) ([]leak.Finding, error) {
	return scan(ctx, s.query(ctx).Where("tenant = ? AND project = ? AND stage = ? AND place >= ? AND place < ?", scope.Tenant, scope.Project, scope.Stage, identity, identity+"g").Order("id"))
}

// until is when the finding is open again, nil for never.
func until(f leak.Finding) *time.Time {
	if f.State != leak.Allowed || f.Allowance == nil || f.Allowance.Until.IsZero() {
		return nil
	}
	at := f.Allowance.Until.UTC()
	return &at
}

// quiet is when the finding is resolved unless it is seen again, nil for never.
func quiet(f leak.Finding) *time.Time {
	at := f.Quiet()
	if at.IsZero() {
		return nil
	}
	at = stored(at)
	return &at
}

// Save writes f over the revision that it was read with.
func (s *Store) Save(ctx context.Context, f leak.Finding, identity string) error {
	body, err := db.Encode(f, "finding")
	if err != nil {
		return err
	}
	what := "the finding " + f.ID
	repository, source, sourceRepository, tell := apart(f)
	if f.Revision == 0 {
		_, err := s.db.Conn(ctx).NewRaw(
			"INSERT INTO leak_findings (id, tenant, project, stage, kind, rule, state, repository, source, source_repository, place, fingerprint, until, quiet, tell, revision, body) "+
				"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)",
			f.ID, f.Scope.Tenant, f.Scope.Project, f.Scope.Stage, string(f.Place.Kind), f.Rule, string(f.State), repository, source, sourceRepository, identity, f.Fingerprint, until(f), quiet(f), tell, body).Exec(ctx)
		return db.Map(err, what)
	}
	result, err := s.db.Conn(ctx).NewRaw("UPDATE leak_findings SET state = ?, until = ?, quiet = ?, tell = ?, revision = revision + 1, body = ? WHERE id = ? AND tenant = ? AND revision = ?",
		string(f.State), until(f), quiet(f), tell, body, f.ID, f.Scope.Tenant, f.Revision).Exec(ctx)
	if err = db.Changed(result, err, what); kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.Stale, "%s has changed meanwhile", what)
	}
	return err
}

// Get returns one of the tenant.
func (s *Store) Get(ctx context.Context, tenant, id string) (leak.Finding, error) {
	all, err := scan(ctx, s.query(ctx).Where("id = ? AND tenant = ?", id, tenant))
	if err != nil {
		return leak.Finding{}, err
	}
	if len(all) == 0 {
		return leak.Finding{}, leak.Missing(id)
	}
	return all[0], nil
}

// List returns findings within a reach, the newest first; those with a source are within
// apart as well.
func (s *Store) List(ctx context.Context, scope kernel.Scope, within, apart kernel.Reach, f leak.Filter, page kernel.PageRequest) (kernel.Page[leak.Finding], error) {
	q := db.Within(s.query(ctx).Where("tenant = ?", scope.Tenant), within, "project", "stage")
	q = q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("source = ''").WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery {
			return db.Within(q.Where("source <> ''"), apart, "project", "stage")
		})
	})
	for column, value := range map[string]string{"project": scope.Project, "stage": scope.Stage, "state": string(f.State), "kind": string(f.Kind), "rule": f.Rule} {
		if value != "" {
			q = q.Where("? = ?", bun.Ident(column), value)
		}
	}
	if f.State == "" && !f.All {
		q = q.Where("state <> ?", string(leak.Resolved))
	}
	if page.Cursor != "" {
		q = q.Where("id < ?", page.Cursor)
	}
	all, err := scan(ctx, q.OrderExpr("id DESC").Limit(int64(page.Size())+1))
	return kernel.PageOf(all, page, func(f leak.Finding) string { return f.ID }), err
}

// Lapsed returns some that were allowed until a moment before now.
func (s *Store) Lapsed(ctx context.Context, now time.Time) ([]leak.Finding, error) {
	return scan(ctx, s.query(ctx).Where("until IS NOT NULL AND until <= ?", now.UTC()).Order("until").Limit(lapsedAtOnce))
}

// Quiet returns some that are to be resolved as their values were not seen again.
func (s *Store) Quiet(ctx context.Context, now time.Time) ([]leak.Finding, error) {
	return scan(ctx, s.query(ctx).Where("quiet IS NOT NULL AND quiet <= ?", stored(now)).Order("quiet").Limit(lapsedAtOnce))
}

// Under returns those of a repository that are not resolved, as many as are read at once,
// after the one with an id.
func (s *Store) Under(ctx context.Context, scope kernel.Scope, repository, after string) ([]leak.Finding, error) {
	return scan(ctx, s.query(ctx).Where("tenant = ? AND project = ? AND repository = ? AND state IN (?, ?) AND id > ?", scope.Tenant, scope.Project, repository, string(leak.Open), string(leak.Allowed), after).
		Order("id").Limit(underAtOnce))
}
