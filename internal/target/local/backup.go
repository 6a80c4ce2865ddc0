package local

import (
	"context"
	"io"
	"path"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// actionRestore is what an actor needs to put a backup in the place of what there is.
	actionRestore = "workload.destroy"
	// actionBackup is what an actor needs to make one.
	actionBackup = "workload.deploy"
	// backupTimeout bounds a backup and a restoration.
	backupTimeout = 30 * time.Minute
	// orphanLife is how long backups stay of what is no more.
	orphanLife = 30 * 24 * time.Hour
)

// Backup is a copy of what a cache or a database had at a moment.
type Backup struct {
	ID string `json:"id"`
	// Of is the object; its scope is the stage.
	Of        Key       `json:"-"`
	Kind      Kind      `json:"kind"`
	Name      string    `json:"name"`
	Stage     string    `json:"stage"`
	CreatedAt time.Time `json:"createdAt"`
	// CreatedBy is who asked for it; backups by schedule have the platform.
	CreatedBy string `json:"createdBy"`
	// Size is that of the copy in bytes, before it is sealed.
	Size   int64         `json:"size"`
	Digest kernel.Digest `json:"digest"`
}

// BlobKey is where the sealed copy is among the blobs.
func (b Backup) BlobKey() string {
	return path.Join("backups", b.Of.Scope.Tenant, b.Of.Scope.Project, b.Of.Scope.Stage, b.ID)
}

// Backups keeps copies sealed, and the record of them.
type Backups interface {
	// Keep stores what r gives, then its record, and returns this with size and digest.
	Keep(ctx context.Context, b Backup, r io.Reader) (Backup, error)
	// Open returns the copy of a backup.
	Open(ctx context.Context, b Backup) (io.ReadCloser, error)
	// Backup returns a backup of a stage by its id, or NotFound.
	Backup(ctx context.Context, scope kernel.Scope, id string) (Backup, error)
	// List returns the backups of a project, of the objects that a filter names and that are
	// reached, the newest first.
	List(ctx context.Context, scope kernel.Scope, f BackupFilter, within kernel.Reach, page kernel.PageRequest) (kernel.Page[Backup], error)
	// Older returns the oldest backups of all tenants that were made before, up to most.
	Older(ctx context.Context, before time.Time, most int) ([]Backup, error)
	// Drop removes a copy and its record; none is no error.
	Drop(ctx context.Context, b Backup) error
}

// BackupFilter narrows a list of backups; what is empty narrows nothing.
type BackupFilter struct {
	Kind Kind
	Name string
}

// keeper is a plane whose objects can be copied and put back.
type keeper interface {
	// copyTo writes what the object has at one moment.
	copyTo(ctx context.Context, o Object, w io.Writer) error
	// putBack has the object have what one of its kind at the stage had, and nothing else.
	putBack(ctx context.Context, o Object, from Key, r io.Reader) error
}

// keeperOf returns the plane of a kind that can be backed up.
func (s *Service) keeperOf(kind Kind) (keeper, error) {
	p, err := s.plane(kind)
	if err != nil {
		return nil, err
	}
	k, ok := p.(keeper)
	if !ok || s.config.Backups == nil {
		return nil, kernel.Errorf(kernel.Invalid, "there are no backups of %s", kind).WithFix("there are those of %s and %s", Caches, MySQLDatabases)
	}
	return k, nil
}

// Backup makes a backup of a cache or a database, by who may deploy there. Older ones than
// the newest that are kept are removed.
func (s *Service) Backup(ctx context.Context, scope kernel.Scope, kind Kind, name string) (Backup, error) {
	if err := s.mayAt(ctx, actionBackup, scope); err != nil {
		return Backup{}, err
	}
	return s.backUp(ctx, Key{Scope: scope, Kind: kind, Name: name})
}

// mayAt lets who may do something, with a stage that there is.
func (s *Service) mayAt(ctx context.Context, action string, scope kernel.Scope) error {
	if err := s.config.Authorizer.Authorize(ctx, action, scope); err != nil || s.config.Places == nil {
		return err
	}
	return s.config.Places.Check(ctx, scope)
}

func (s *Service) backUp(ctx context.Context, k Key) (Backup, error) {
	ctx, cancel := context.WithTimeout(ctx, backupTimeout)
	defer cancel()
	p, err := s.keeperOf(k.Kind)
	if err != nil {
		return Backup{}, err
	}
	unlock, err := s.locks.lock(ctx, k)
	if err != nil {
		return Backup{}, err
	}
	defer unlock()
	o, err := s.config.Store.Get(ctx, k)
	if err != nil {
		return Backup{}, err
	}
	b, err := s.copied(ctx, p, o)
	if err != nil {
		return b, err
	}
	return b, s.thin(ctx, k)
}

// copied keeps a copy of what an object has, and tells of it.
func (s *Service) copied(ctx context.Context, p keeper, o Object) (Backup, error) {
	actor, _ := kernel.ActorFrom(ctx)
	b := Backup{ID: kernel.NewID("bak"), Of: o.Key, Kind: o.Kind, Name: o.Name, Stage: o.Scope.Stage, CreatedAt: s.config.Clock.Now(), CreatedBy: actor.Name}
	out, in := io.Pipe()
	go func() { _ = in.CloseWithError(p.copyTo(ctx, o, in)) }() // never fails; nil is the end
	b, err := s.config.Backups.Keep(ctx, b, out)
	_ = out.Close() // never fails, and ends the copy
	if err != nil {
		return b, err
	}
	return b, s.config.Journal.Record(ctx, kernel.Fact{
		Type: "local-object.backed_up", Scope: o.Scope, Subject: o.Key.String(), Data: map[string]any{"backup": b.ID, "size": b.Size},
	})
}

// thin removes backups of an object but for the newest.
func (s *Service) thin(ctx context.Context, k Key) error {
	page := kernel.PageRequest{Limit: kernel.MaxPageSize}
	all, err := s.config.Backups.List(ctx, k.Scope, BackupFilter{Kind: k.Kind, Name: k.Name}, kernel.Reach{All: true}, page)
	for i, b := range all.Items {
		if i >= s.config.BackupsKept && err == nil {
			err = s.config.Backups.Drop(ctx, b)
		}
	}
	return err
}

// ListBackups returns the backups of a stage, or of those stages of a project that the
// actor may see, the newest first.
func (s *Service) ListBackups(ctx context.Context, scope kernel.Scope, f BackupFilter, page kernel.PageRequest) (kernel.Page[Backup], error) {
	if err := s.config.Authorizer.Authorize(ctx, actionRead, scope); err != nil {
		return kernel.Page[Backup]{}, err
	}
	within, err := s.config.Authorizer.Allowed(ctx, actionRead, scope)
	if err != nil {
		return kernel.Page[Backup]{}, err
	}
	return s.config.Backups.List(ctx, scope, f, within, page)
}

// RestoreBackup has a cache or a database have what a backup has, in the place of what it
// has, of which a backup is made first. It is the object that the backup is of, or another
// one of its kind at the stage, by name. It returns the backup of what there was.
func (s *Service) RestoreBackup(ctx context.Context, scope kernel.Scope, id, into string) (Backup, error) {
	if err := s.mayAt(ctx, actionRestore, scope); err != nil {
		return Backup{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, backupTimeout)
	defer cancel()
	b, err := s.config.Backups.Backup(ctx, scope, id)
	if err != nil {
		return Backup{}, err
	}
	k := b.Of
	if into != "" {
		k.Name = into
	}
	p, err := s.keeperOf(k.Kind)
	if err != nil {
		return Backup{}, err
	}
	unlock, err := s.locks.lock(ctx, k)
	if err != nil {
		return Backup{}, err
	}
	defer unlock()
	o, err := s.config.Store.Get(ctx, k)
	if kernel.Is(err, kernel.NotFound) {
		return Backup{}, kernel.Errorf(kernel.NotFound, "there is no %s at %s to restore into", k, scope).WithFix("declare it as a resource first, or name another one")
	}
	if err != nil {
		return Backup{}, err
	}
	before, err := s.copied(ctx, p, o)
	if err != nil {
		return before, err
	}
	if err := s.restored(ctx, p, o, b); err != nil {
		return before, kernel.Errorf(kernel.Unavailable, "%s could not be restored: %w", k, err).WithFix("what it had is in the backup %s", before.ID)
	}
	return before, s.thin(ctx, k)
}

func (s *Service) restored(ctx context.Context, p keeper, o Object, b Backup) error {
	content, err := s.config.Backups.Open(ctx, b)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }() // it was read
	if err := p.putBack(ctx, o, b.Of, content); err != nil {
		return err
	}
	return s.config.Journal.Record(ctx, kernel.Fact{
		Type: "local-object.restored", Scope: o.Scope, Subject: o.Key.String(), Data: map[string]any{"backup": b.ID, "of": b.Of.String()},
	})
}
