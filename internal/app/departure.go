package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/terrace-idp/terrace/internal/access/audit"
	"github.com/terrace-idp/terrace/internal/access/audit/auditsql"
	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/access/tenant/departure"
	"github.com/terrace-idp/terrace/internal/access/tenant/departure/departuresql"
	"github.com/terrace-idp/terrace/internal/access/tenant/export"
	"github.com/terrace-idp/terrace/internal/delivery/run/runlog"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/target/local"
)

// newDeparture makes what ends tenants. Objects are found by rows, so they go first.
func newDeparture(p *platform, a *access, d *delivery, keys departure.Keys, f *fabric, exports *export.Service, l *local.Service) *departure.Service {
	log := auditsql.NewStore(p.db)
	a.tenants.Deployments, a.tenants.Archives = standing{runsql.NewStore(p.db), d.stages}, exports
	return departure.New(departure.Config{
		Tenants: a.tenants, Archive: archives{exports, p.blobs}, Keys: keys, Audit: lastEntry{log},
		Authorizer: a.identity, Journal: a.journal, Tx: p.db, Home: p.config.Tenant, Log: p.log,
		Erasers: []departure.Eraser{
			runLogs{p.db, d.logs},
			repositoryFiles{p.db, d.repositories},
			objects{p.db, p.blobs},
			erasedDocuments{f.documents.Documents},
			erasedTopics{f.topics},
			departuresql.Rows{DB: p.db, Log: leavingLog{a.audit, log}},
			folders{p.config.DataDir, l},
			freed{p.db},
		},
	})
}

// archives is a departure.Archive among the blobs.
type archives struct {
	exports *export.Service
	blobs   *blob.Store
}

func archiveKey(name string) string { return "departed/" + name + ".zip" }

func (a archives) Keep(ctx context.Context, name string, recipients, without []string) (kernel.Digest, int64, error) {
	x, err := a.exports.Begin(ctx, kernel.Scope{Tenant: name}, export.Wanted{Recipients: recipients, Without: without, Whole: true})
	if err != nil {
		return "", 0, err
	}
	from, to := io.Pipe()
	var written export.Written
	go func() {
		var err error
		written, err = x.Write(ctx, to)
		_ = to.CloseWithError(err) // it never fails
	}()
	err = a.blobs.Put(ctx, archiveKey(name), from)
	_ = from.CloseWithError(err) // who writes ends, too
	return written.Digest, written.Size, err
}

func (a archives) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := a.blobs.Get(ctx, archiveKey(name))
	if kernel.Is(err, kernel.NotFound) {
		return nil, kernel.Errorf(kernel.NotFound, "no archive of the tenant %s is kept", name).WithFix("see how far it is with terrace tenant show %s: one is made when it leaves, and kept until it is removed", name)
	}
	return r, err
}

func (a archives) Remove(ctx context.Context, name string) error {
	return a.blobs.Delete(ctx, archiveKey(name))
}

// standing is a tenant.Deployments.
type standing struct {
	store  *runsql.Store
	stages *stage.Set
}

func (s standing) Standing(ctx context.Context, name string) ([]tenant.Standing, error) {
	all, err := s.store.Deployments(ctx, kernel.Scope{Tenant: name}, "")
	out := make([]tenant.Standing, 0, len(all))
	for _, d := range all {
		st, err := s.stages.Get(d.Scope.Stage)
		out = append(out, tenant.Standing{Stack: d.Stack, Local: err == nil && st.Target == stage.TargetLocal})
	}
	return out, err
}

// lastEntry is a departure.AuditLog.
type lastEntry struct{ log *auditsql.Store }

func (l lastEntry) Last(ctx context.Context, name string) (int64, string, error) {
	place, err := l.log.Head(ctx, name)
	return place.Seq, place.Hash, err
}

// leavingLog is a departuresql.Log: it removes what there is up to this moment, by the
// room's own door.
type leavingLog struct {
	audit *audit.Service
	log   *auditsql.Store
}

func (l leavingLog) Remove(ctx context.Context, name string) error {
	end, err := l.log.Head(ctx, name)
	if err != nil {
		return err
	}
	return l.audit.Remove(ctx, name, end)
}

// texts are the one column of a query about a tenant.
func texts(ctx context.Context, d *db.DB, query, name string) (list []string, err error) {
	err = d.Reader(ctx).NewRaw(query, name).Scan(ctx, &list)
	return list, db.Map(err, "what there is of "+name)
}

// runLogs is a departure.Eraser of the logs of runs on this machine.
type runLogs struct {
	db   *db.DB
	logs *runlog.Logs
}

func (l runLogs) Erase(ctx context.Context, name string) (rows, removed int64, err error) {
	runs, err := texts(ctx, l.db, "SELECT id FROM runs WHERE tenant = ?", name)
	for _, id := range runs {
		there, err := l.logs.Remove(ctx, id)
		if err != nil {
			return 0, removed, err
		}
		if there {
			removed++
		}
	}
	return 0, removed, err
}

// repositoryFiles is a departure.Eraser of Git repositories on this machine.
type repositoryFiles struct {
	db      *db.DB
	service *vcs.Service
}

func (f repositoryFiles) Erase(ctx context.Context, name string) (rows, removed int64, err error) {
	ids, err := texts(ctx, f.db, "SELECT id FROM vcs_repositories WHERE tenant = ?", name)
	for _, id := range ids {
		for _, provider := range []vcs.Provider{vcs.Hosted, vcs.GitHub} { // hosted, or a copy of another one's
			dir := f.service.Files(vcs.Repository{ID: id, Provider: provider}).Dir
			if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err := os.RemoveAll(dir); err != nil {
				return 0, removed, fmt.Errorf("remove the repository %s: %w", id, err)
			}
			removed++
		}
	}
	return 0, removed, err
}

// folders is a departure.Eraser of what the runner and the local target have on this machine.
type folders struct {
	dataDir string
	local   *local.Service
}

func (f folders) Erase(ctx context.Context, name string) (rows, removed int64, err error) {
	removed, err = f.local.Erase(ctx, name)
	if err != nil {
		return 0, removed, err
	}
	n, err := runner.Forget(f.dataDir, name)
	return 0, removed + n, err
}

// freed is a departure.Eraser of what removed rows leave in the database's files. It comes
// last.
type freed struct{ db *db.DB }

func (f freed) Erase(ctx context.Context, _ string) (rows, removed int64, err error) {
	return 0, 0, f.db.Scrub(ctx)
}

// objects is a departure.Eraser of blobs.
type objects struct {
	db    *db.DB
	blobs *blob.Store
}

func (o objects) Erase(ctx context.Context, name string) (rows, removed int64, err error) {
	prefixes := []string{"state/" + name + "/", "modules/" + name + "/", "backups/" + name + "/", runlog.Prefix(name)}
	for query, prefix := range map[string]func(id string) string{
		"SELECT id FROM runs WHERE tenant = ?":              func(id string) string { return "plans/" + id + "." },
		"SELECT id FROM fleet_assignments WHERE tenant = ?": func(id string) string { return "fleet/" + id + "/" },
		// An artifact is named by what is in it: another tenant may have the same.
		`SELECT DISTINCT digest FROM release_artifacts WHERE tenant = ?
			AND digest NOT IN (SELECT o.digest FROM release_artifacts o WHERE o.tenant <> release_artifacts.tenant)`: func(digest string) string {
			return "artifacts/" + kernel.Digest(digest).Hex() + "."
		},
	} {
		found, err := texts(ctx, o.db, query, name)
		if err != nil {
			return 0, removed, err
		}
		for _, id := range found {
			prefixes = append(prefixes, prefix(id))
		}
	}
	for _, prefix := range prefixes {
		n, err := o.remove(ctx, prefix)
		if removed += n; err != nil {
			return 0, removed, err
		}
	}
	return 0, removed, nil
}

func (o objects) remove(ctx context.Context, prefix string) (removed int64, err error) {
	var keys []string
	for object, err := range o.blobs.List(ctx, prefix) {
		if err != nil {
			return 0, fmt.Errorf("list %s: %w", prefix, err)
		}
		keys = append(keys, object.Key)
	}
	for _, key := range keys {
		if err := o.blobs.Delete(ctx, key); err != nil && !kernel.Is(err, kernel.NotFound) {
			return removed, err
		}
		removed++
	}
	return removed, nil
}
