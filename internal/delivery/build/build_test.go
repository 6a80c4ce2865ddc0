package build_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/build"
	"github.com/terrace-idp/terrace/internal/delivery/build/buildsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// yard is what a service is built with: builds end when the test says so.
type yard struct {
	mu     sync.Mutex
	order  []string
	facts  []string
	begun  chan struct{}
	finish chan struct{}
}

// Extract implements build.Commits.
func (*yard) Extract(_ context.Context, _ kernel.Scope, _, commit, dir string) error {
	return os.WriteFile(filepath.Join(dir, "commit"), []byte(commit), 0o600)
}

// BuildWithin implements build.Builder.
func (y *yard) BuildWithin(ctx context.Context, _ build.Limit, scope kernel.Scope, _, folder string, said io.Writer) (kernel.Digest, error) {
	y.mu.Lock()
	y.order = append(y.order, scope.Tenant+" "+folder)
	y.mu.Unlock()
	_, _ = io.WriteString(said, "compiling\n")
	if y.begun == nil {
		return kernel.DigestOf([]byte(folder)), nil
	}
	y.begun <- struct{}{}
	select {
	case <-y.finish:
		return kernel.DigestOf([]byte(folder)), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Record implements build.Journal.
func (y *yard) Record(_ context.Context, f kernel.Fact) error {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.facts = append(y.facts, f.Type)
	return nil
}

func service(t *testing.T, d *db.DB, y *yard, node string, lease time.Duration) *build.Service {
	t.Helper()
	return build.New(build.Config{Store: buildsql.NewStore(d), Tx: d, Journal: y, Commits: y, Builder: y, Dir: t.TempDir(), Node: node, Lease: lease})
}

func request(tenant, folder string) build.Request {
	return build.Request{Scope: kernel.Scope{Tenant: tenant, Project: "shop"}, RepositoryProject: "shop", Repository: "platform", Commit: "c", Folder: folder, Tree: folder}
}

func each(t *testing.T, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{buildsql.Migrations()}, test)
}

// watched is a store that tells of each keeping of a lease.
type watched struct {
	build.Store
	saved chan struct{}
}

// Save implements build.Store.
func (w watched) Save(ctx context.Context, b build.Build, fence int64, until time.Time) error {
	err := w.Store.Save(ctx, b, fence, until)
	select {
	case w.saved <- struct{}{}:
	case <-ctx.Done():
	}
	return err
}

// TestTheLeaseOutlivesTheBuild has a build last for many leases: no other daemon
// takes it, and it is told of once.
func TestTheLeaseOutlivesTheBuild(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		y := &yard{begun: make(chan struct{}), finish: make(chan struct{})}
		const lease = 60 * time.Millisecond
		var now atomic.Int64
		one, two := service(t, d, y, "one", lease), service(t, d, y, "two", lease)
		one.Clock = func() time.Time { return time.UnixMilli(now.Load()).UTC() }
		two.Clock = one.Clock
		w := watched{one.Store, make(chan struct{})}
		one.Store = w
		ctx := t.Context()
		if _, err := one.Ask(ctx, request("acme", "src")); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { _, err := one.Next(ctx); ended <- err }()
		<-w.saved // it begins
		<-y.begun
		for range 10 {
			now.Add(40)
			<-w.saved
			<-w.saved // one of both has begun after the clock was moved
			if did, err := two.Next(ctx); err != nil || did {
				t.Fatalf("another daemon builds it, too: %v", err)
			}
		}
		if b, err := one.Get(ctx, kernel.Scope{Tenant: "acme", Project: "shop"}, "src"); err != nil || b.Output != "compiling" || b.State != build.Building {
			t.Errorf("meanwhile %+v, %v", b, err)
		}
		close(y.finish)
		for done := false; !done; {
			select {
			case <-w.saved:
			case err := <-ended:
				if done = true; err != nil {
					t.Fatal(err)
				}
			}
		}
		b, err := two.Ask(ctx, request("acme", "src"))
		if err != nil || b.State != build.Succeeded || len(y.order) != 1 || len(y.facts) != 2 {
			t.Errorf("%+v, %v: built %v, told %v", b, err, y.order, y.facts)
		}
	})
}

// TestTenantsTakeTurns has one with many builds hold up no other.
func TestTenantsTakeTurns(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		y := &yard{}
		s := service(t, d, y, "one", 0)
		for _, r := range []build.Request{request("acme", "a"), request("acme", "b"), request("acme", "c"), request("rival", "d")} {
			if _, err := s.Ask(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		for range 4 {
			if did, err := s.Next(t.Context()); err != nil || !did {
				t.Fatalf("nothing was built: %v", err)
			}
		}
		if did, err := s.Next(t.Context()); err != nil || did {
			t.Errorf("something is built twice: %v", err)
		}
		if y.order[0] != "acme a" || y.order[1] != "rival d" {
			t.Errorf("the order was %v", y.order)
		}
	})
}

// TestABuildThatADaemonLeft is built by the next start.
func TestABuildThatADaemonLeft(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		y := &yard{begun: make(chan struct{}), finish: make(chan struct{})}
		s := service(t, d, y, "one", 0)
		ctx, stop := context.WithCancel(t.Context())
		if _, err := s.Ask(ctx, request("acme", "src")); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Watch(ctx) }()
		<-y.begun
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		ctx, stop = context.WithCancel(t.Context())
		go func() { ended <- service(t, d, y, "one", 0).Watch(ctx) }()
		<-y.begun
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	})
}
