// Package moduletest gives tests a module service on a real database and real
// blobs, with hand-written edges to the rooms around it.
package moduletest

import (
	"bytes"
	"context"
	"maps"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/delivery/module/archive"
	"github.com/terrace-idp/terrace/internal/delivery/module/modulesql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// Rig is a service and what is around it. A test sets its fields before it calls.
type Rig struct {
	*module.Service
	// DB is what it keeps all in.
	DB *db.DB
	// Denied are actions that nobody may do.
	Denied map[string]bool
	// Facts are what was recorded.
	Facts []kernel.Fact
	mu    sync.Mutex
	// Live are the deployments that use any definition.
	Live []module.Deployment
}

// New returns a rig on a new SQLite database.
func New(t testing.TB) *Rig {
	t.Helper()
	return On(t, dbtest.SQLite(t, modulesql.Migrations()))
}

// On returns a rig on a database that is migrated.
func On(t testing.TB, d *db.DB) *Rig {
	t.Helper()
	blobs, err := blob.Open(t.Context(), "file://"+t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	rig, store := &Rig{DB: d, Denied: map[string]bool{}}, modulesql.NewStore(d)
	rig.Service = module.NewService(module.Deps{
		Versions: store.Versions(), Definitions: store.Definitions(), Shipped: store.Shipped(),
		Blobs: blobs, Authorizer: rig, Journal: rig, Tx: d,
		Live: module.LiveFunc(func(context.Context, kernel.Scope, string) ([]module.Deployment, error) { return rig.Live, nil }),
	})
	return rig
}

// Authorize denies what is in Denied.
func (r *Rig) Authorize(_ context.Context, action string, _ kernel.Scope) error {
	if r.Denied[action] {
		return kernel.Errorf(kernel.Denied, "%s is denied", action)
	}
	return nil
}

// Record keeps the fact.
func (r *Rig) Record(_ context.Context, f kernel.Fact) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Facts = append(r.Facts, f)
	return nil
}

// Pack returns the archive of a module with the files, by path.
func Pack(t testing.TB, files map[string]string) *bytes.Reader {
	t.Helper()
	all := archive.Files{}
	for path, content := range maps.All(files) {
		all[path] = []byte(content)
	}
	packed, err := all.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(packed)
}
