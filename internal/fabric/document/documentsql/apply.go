package documentsql

import (
	"context"
	"database/sql"

	"github.com/terrace-idp/terrace/internal/fabric/document"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

func removed(result sql.Result, err error) (int, error) {
	if err != nil {
		return 0, db.Map(err, "documents")
	}
	n, err := result.RowsAffected()
	return int(n), db.Map(err, "documents")
}

// Apply implements document.Store.
func (s *Store) Apply(ctx context.Context, at document.Place, changes []document.Change) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		for _, c := range changes {
			if err := s.apply(ctx, at, c); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) apply(ctx context.Context, at document.Place, c document.Change) error {
	n, err := s.change(ctx, at, c)
	if err != nil {
		return err
	}
	if n == 0 {
		return document.Changed(c.ID)
	}
	if c.Now == nil {
		return nil // its keys went with it
	}
	return s.putKeys(ctx, at, c)
}

// change changes the document itself, and returns 0 where it is not as it was.
func (s *Store) change(ctx context.Context, at document.Place, c document.Change) (int, error) {
	if c.Now == nil {
		return removed(s.db.Conn(ctx).NewDelete().Model((*row)(nil)).Where(where("d"), of(at)...).
			Where("d.id = ? AND d.revision = ?", c.ID, c.Was).Exec(ctx))
	}
	r, err := rowOf(at, *c.Now)
	if err != nil {
		return 0, err
	}
	if c.Was == document.Absent {
		return removed(s.db.Conn(ctx).NewInsert().Model(&r).On("CONFLICT DO NOTHING").Exec(ctx))
	}
	return removed(s.db.Conn(ctx).NewUpdate().Model(&r).Column("revision", "body", "keys", "updated_at", "expires_at").
		Where(where("d"), of(at)...).Where("d.id = ? AND d.revision = ?", c.ID, c.Was).Exec(ctx))
}

type key struct {
	Tenant, Project, Stage, Collection, Name, Value, ID string
}

// putKeys replaces the keys that differ.
func (s *Store) putKeys(ctx context.Context, at document.Place, c document.Change) error {
	for name, value := range c.WasKeys {
		if now, there := c.Now.Keys[name]; there && now == value {
			continue
		}
		args := append(of(at), name, value, c.ID)
		if _, err := s.db.Conn(ctx).NewRaw("DELETE FROM document_keys WHERE tenant = ? AND project = ? AND stage = ? AND collection = ? AND name = ? AND value = ? AND id = ?", args...).Exec(ctx); err != nil {
			return db.Map(err, "keys of a document")
		}
	}
	var fresh []key
	for name, value := range c.Now.Keys {
		if was, there := c.WasKeys[name]; !there || was != value {
			fresh = append(fresh, key{at.Scope.Tenant, at.Scope.Project, at.Scope.Stage, at.Collection, name, value, c.ID})
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	_, err := s.db.Conn(ctx).NewInsert().Model(&fresh).ModelTableExpr("document_keys").Exec(ctx)
	return db.Map(err, "keys of a document")
}
