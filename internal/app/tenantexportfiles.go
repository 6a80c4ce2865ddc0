package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/terrace-idp/terrace/internal/access/tenant/export"
	"github.com/terrace-idp/terrace/internal/delivery/run/runlog"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// exportedAtOnce is how many names are read from the database at a time.
const exportedAtOnce = 500

// exportedRepositories are the Git repositories that are hosted here, each as a bundle.
type exportedRepositories struct {
	db      *db.DB
	service *vcs.Service
}

// Write implements export.Source.
func (e exportedRepositories) Write(ctx context.Context, tenant string, to *export.Archive) error {
	all, err := e.hosted(ctx, tenant)
	if err != nil || len(all) == 0 || !to.Takes("repositories") {
		return err
	}
	for _, r := range all {
		files := e.service.Files(r)
		empty, err := files.Empty(ctx)
		if err != nil {
			return err
		}
		if empty {
			to.Omit("the repository " + r.Scope.Project + "/" + r.Name + ": it has no commit")
			continue
		}
		err = to.AddSealed("repositories/"+r.Scope.Project+"/"+r.Name+".bundle", func(w io.Writer) error { return files.Bundle(ctx, w) })
		if err != nil {
			return err
		}
	}
	return nil
}

// hosted returns the repositories of a tenant whose files are here.
func (e exportedRepositories) hosted(ctx context.Context, tenant string) ([]vcs.Repository, error) {
	var rows []struct{ Project, Body string }
	err := e.db.Reader(ctx).NewRaw("SELECT project, body FROM vcs_repositories WHERE tenant = ? ORDER BY project, name", tenant).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Map(err, "the repositories of "+tenant)
	}
	var all []vcs.Repository
	for _, row := range rows {
		var r vcs.Repository
		if err := db.Decode(row.Body, &r, "repository"); err != nil {
			return nil, err
		}
		if r.Scope.Tenant, r.Scope.Project = tenant, row.Project; r.Provider == vcs.Hosted {
			all = append(all, r)
		}
	}
	return all, nil
}

// exportedArtifacts are the artifacts of workloads and the archives of modules, each once,
// by its digest.
type exportedArtifacts struct {
	db    *db.DB
	blobs *blob.Store
}

// Write implements export.Source.
func (e exportedArtifacts) Write(ctx context.Context, tenant string, to *export.Archive) error {
	takes, asked := false, false
	for _, of := range []struct{ folder, query, prefix string }{
		{"artifacts/", "SELECT DISTINCT digest AS name FROM release_artifacts WHERE tenant = ?", "artifacts/"},
		{"modules/", "SELECT DISTINCT archive AS name FROM module_versions WHERE tenant = ?", "modules/" + tenant + "/"},
	} {
		err := eachName(ctx, e.db, of.query, tenant, func(digest string) error {
			if !asked {
				takes, asked = to.Takes(export.Artifacts), true
			}
			if !takes {
				return nil
			}
			file := kernel.Digest(digest).Hex() + ".tar.gz"
			return e.add(ctx, to, of.folder+file, of.prefix+file, kernel.Digest(digest))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// add adds a blob. One that is gone or damaged is told, and keeps no tenant from leaving.
func (e exportedArtifacts) add(ctx context.Context, to *export.Archive, name, key string, digest kernel.Digest) error {
	from, err := e.blobs.Get(ctx, key)
	if kernel.Is(err, kernel.NotFound) {
		to.Omit(name + ": it is not among the blobs")
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // it was only read
	sum := sha256.New()
	err = to.AddSealed(name, func(w io.Writer) error {
		_, err := io.Copy(io.MultiWriter(w, sum), from)
		return err
	})
	if err == nil && hex.EncodeToString(sum.Sum(nil)) != digest.Hex() {
		to.Omit(name + ": it is there as it was found, which is not what its digest says")
	}
	return err
}

// exportedLogs are the logs of runs, a file for each run that has one.
type exportedLogs struct {
	db   *db.DB
	logs *runlog.Logs
}

// Write implements export.Source.
func (e exportedLogs) Write(ctx context.Context, tenant string, to *export.Archive) error {
	takes, asked := false, false
	return eachName(ctx, e.db, "SELECT id AS name FROM runs WHERE tenant = ?", tenant, func(run string) error {
		if asked && !takes {
			return nil
		}
		first, next, _, err := e.logs.Read(ctx, run, 0)
		if kernel.Is(err, kernel.NotFound) || err == nil && len(first) == 0 {
			return nil // delivery/run_logs.jsonl has when it was removed
		}
		if err != nil {
			return err
		}
		if !asked {
			if takes, asked = to.Takes(export.Logs), true; !takes {
				return nil
			}
		}
		return to.AddSealed("logs/"+run+".jsonl", func(w io.Writer) error { return e.copy(ctx, run, first, next, w) })
	})
}

// copy writes the log of a run from its first lines to its end.
func (e exportedLogs) copy(ctx context.Context, run string, lines []byte, next int64, w io.Writer) error {
	for len(lines) > 0 {
		if _, err := w.Write(lines); err != nil {
			return err
		}
		var err error
		if lines, next, _, err = e.logs.Read(ctx, run, next); err != nil && !kernel.Is(err, kernel.NotFound) {
			return err
		} // its time may end meanwhile
	}
	return nil
}

// eachName calls do with every name that a query about a tenant selects, in their order.
func eachName(ctx context.Context, d *db.DB, query, tenant string, do func(name string) error) error {
	for after := ""; ; {
		var some []string
		err := d.Reader(ctx).NewRaw("SELECT name FROM ("+query+") AS names WHERE name > ? ORDER BY name LIMIT ?", tenant, after, exportedAtOnce).Scan(ctx, &some)
		if err != nil || len(some) == 0 {
			return db.Map(err, "what there is of "+tenant)
		}
		for _, name := range some {
			after = name
			if err := do(name); err != nil {
				return err
			}
		}
	}
}
