package sourcesql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/delivery/source"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

type objectRow struct {
	Source, Body string
}

func (r objectRow) object() (source.Object, error) {
	var o source.Object
	err := db.Decode(r.Body, &o, "an object of source "+r.Source)
	o.Source = r.Source
	return o, err
}

// Objects returns those of a source.
func (s *Store) Objects(ctx context.Context, n source.Source) ([]source.Object, error) {
	var rows []objectRow
	err := s.db.Reader(ctx).NewRaw(
		"SELECT source, body FROM source_objects WHERE source = ? AND tenant = ? ORDER BY CASE kind WHEN 'stage' THEN 0 WHEN 'definition' THEN 1 WHEN 'workload' THEN 2 WHEN 'gateway' THEN 3 ELSE 4 END, project, name",
		n.ID, n.Tenant).Scan(ctx, &rows)
	return db.Each(rows, err, "objects of source "+n.Name, objectRow.object)
}

// PutObject writes an object; Conflict where another source has it.
func (s *Store) PutObject(ctx context.Context, n source.Source, o source.Object) error {
	body, err := db.Encode(o, o.String())
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewRaw(
		"INSERT INTO source_objects (tenant, kind, project, name, source, body) VALUES (?, ?, ?, ?, ?, ?)"+
			" ON CONFLICT (tenant, kind, project, name) DO UPDATE SET body = excluded.body WHERE source_objects.source = excluded.source",
		n.Tenant, string(o.Kind), o.Project, o.Name, n.ID, body).Exec(ctx)
	if err := db.Changed(result, err, o.String()); kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Stale) {
		return kernel.Errorf(kernel.Conflict, "%s belongs to another source", o.Key)
	} else if err != nil {
		return err
	}
	return nil
}

// RemoveObject ends the ownership of an object.
func (s *Store) RemoveObject(ctx context.Context, n source.Source, k source.Key) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM source_objects WHERE tenant = ? AND kind = ? AND project = ? AND name = ? AND source = ?",
		n.Tenant, string(k.Kind), k.Project, k.Name, n.ID).Exec(ctx)
	return db.Map(err, k.String())
}

// Owner returns the object with the name of its source.
func (s *Store) Owner(ctx context.Context, tenant string, k source.Key) (source.Object, string, error) {
	var r struct {
		objectRow

		Name string
	}
	err := s.db.Reader(ctx).NewRaw(
		"SELECT o.source, o.body, s.name FROM source_objects o JOIN sources s ON s.id = o.source WHERE o.tenant = ? AND o.kind = ? AND o.project = ? AND o.name = ?",
		tenant, string(k.Kind), k.Project, k.Name).Scan(ctx, &r)
	if err != nil {
		return source.Object{}, "", db.Map(err, k.String())
	}
	o, err := r.object()
	return o, r.Name, err
}
