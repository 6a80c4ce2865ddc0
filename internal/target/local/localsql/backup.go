package localsql

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/sealedblob"
	"github.com/terrace-idp/terrace/internal/target/local"
)

// maxBackup bounds one copy, in bytes.
const maxBackup = 64 << 30

// Blobs keeps bytes by key.
type Blobs interface {
	sealedblob.Blobs
	Delete(ctx context.Context, key string) error
}

// Backups implements local.Backups: copies are sealed blobs, and their records rows.
type Backups struct {
	db    *db.DB
	blobs Blobs
	seals sealedblob.Store
}

var _ local.Backups = (*Backups)(nil)

// NewBackups returns backups in blobs, recorded on d.
func NewBackups(d *db.DB, sealer sealedblob.Sealer, blobs Blobs) *Backups {
	return &Backups{d, blobs, sealedblob.Store{Sealer: sealer, Blobs: blobs}}
}

func contentOf(b local.Backup) sealedblob.Content {
	return sealedblob.Content{
		Name: "backup " + b.ID, Tenant: b.Of.Scope.Tenant, Key: b.BlobKey(), Associated: []byte("backup\x00" + b.BlobKey()), Max: maxBackup, Digest: b.Digest,
	}
}

// counted counts what is read.
type counted struct {
	io.Reader

	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// Keep implements local.Backups.
func (s *Backups) Keep(ctx context.Context, b local.Backup, r io.Reader) (local.Backup, error) {
	c := &counted{Reader: r}
	digest, err := s.seals.Put(ctx, contentOf(b), c)
	if err != nil {
		return b, err
	}
	b.Size, b.Digest = c.n, digest
	body, err := db.Encode(b, "backup")
	if err != nil {
		return b, err
	}
	_, err = s.db.Conn(ctx).NewRaw("INSERT INTO local_backups (id, tenant, project, stage, kind, name, created_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		b.ID, b.Of.Scope.Tenant, b.Of.Scope.Project, b.Of.Scope.Stage, string(b.Kind), b.Name, b.CreatedAt.UnixMicro(), body).Exec(ctx)
	return b, db.Map(err, "backup "+b.ID)
}

// Open implements local.Backups.
func (s *Backups) Open(ctx context.Context, b local.Backup) (io.ReadCloser, error) {
	return s.seals.Get(ctx, contentOf(b))
}

type backupRow struct{ Tenant, Project, Body string }

func (r backupRow) backup() (b local.Backup, err error) {
	err = db.Decode(r.Body, &b, "backup")
	b.Of = local.Key{Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: b.Stage}, Kind: b.Kind, Name: b.Name}
	return b, err
}

const backupColumns = "tenant, project, body"

// Backup implements local.Backups.
func (s *Backups) Backup(ctx context.Context, scope kernel.Scope, id string) (local.Backup, error) {
	var r backupRow
	err := s.db.Reader(ctx).NewRaw("SELECT "+backupColumns+" FROM local_backups WHERE id = ? AND tenant = ? AND project = ? AND stage = ?", id, scope.Tenant, scope.Project, scope.Stage).Scan(ctx, &r)
	if err != nil {
		return local.Backup{}, db.Map(err, "the backup")
	}
	return r.backup()
}

// List implements local.Backups. Ids grow with time.
func (s *Backups) List(ctx context.Context, scope kernel.Scope, f local.BackupFilter, within kernel.Reach, page kernel.PageRequest) (kernel.Page[local.Backup], error) {
	var rows []backupRow
	q := s.db.Reader(ctx).NewSelect().Table("local_backups").ColumnExpr(backupColumns).Where("tenant = ? AND project = ?", scope.Tenant, scope.Project)
	for column, value := range map[string]string{"stage": scope.Stage, "kind": string(f.Kind), "name": f.Name} {
		if value != "" {
			q = q.Where(column+" = ?", value)
		}
	}
	if page.Cursor != "" {
		q = q.Where("id < ?", strings.ToValidUTF8(page.Cursor, ""))
	}
	err := db.Within(q, within, "project", "stage").OrderExpr("id DESC").Limit(int64(page.Size())+1).Scan(ctx, &rows)
	all, err := db.Each(rows, err, "backups", backupRow.backup)
	return kernel.PageOf(all, page, func(b local.Backup) string { return b.ID }), err
}

// Older implements local.Backups.
func (s *Backups) Older(ctx context.Context, before time.Time, most int) ([]local.Backup, error) {
	var rows []backupRow
	err := s.db.Reader(ctx).NewRaw("SELECT "+backupColumns+" FROM local_backups WHERE created_at < ? ORDER BY created_at LIMIT ?", before.UnixMicro(), most).Scan(ctx, &rows)
	return db.Each(rows, err, "backups", backupRow.backup)
}

// Drop implements local.Backups: the record goes first, so that there is none without its
// copy.
func (s *Backups) Drop(ctx context.Context, b local.Backup) error {
	_, err := s.db.Conn(ctx).NewRaw("DELETE FROM local_backups WHERE id = ? AND tenant = ?", b.ID, b.Of.Scope.Tenant).Exec(ctx)
	if err != nil {
		return db.Map(err, "the backup")
	}
	if err := s.blobs.Delete(ctx, b.BlobKey()); err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	return nil
}
