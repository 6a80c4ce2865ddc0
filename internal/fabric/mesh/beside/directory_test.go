package beside_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside/besidesql"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// ofDev lets people read the mesh of dev, and is where that is the only stage.
type ofDev struct{}

func (ofDev) Authorize(_ context.Context, action string, scope kernel.Scope) error {
	if action != mesh.ActionRead || scope.Tenant != dev().Tenant {
		return kernel.Errorf(kernel.Denied, "not that")
	}
	return nil
}

func (ofDev) Check(stage string) error {
	if stage != dev().Stage {
		return kernel.Errorf(kernel.NotFound, "there is no stage %s", stage)
	}
	return nil
}

func TestTheDirectoryHasTheSidecarsOfAllDaemonsInPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, i *installation) {
		a, b := i.daemon("a"), i.daemon("b")
		a.enter(t, "2", "one")
		b.enter(t, "1", "one")
		b.enter(t, "2", "two") // it has moved
		other := dev()
		other.Project = "blog"
		for scope, workload := range map[kernel.Scope]string{dev(): "web", other: "web"} {
			if _, err := b.Enter(beside.Sidecar{Scope: scope, Workload: workload, Inbound: "[::1]:3", GRPC: true, Envoy: true}); err != nil {
				t.Fatal(err)
			}
		}
		exchange(t, a, b)
		since := i.now
		orders := func(port, release, daemon string) beside.Known {
			return beside.Known{Record: beside.Record{Scope: dev(), Workload: "orders", Standing: beside.Standing{Addr: "10.0.0.1:" + port, Serves: 80, Release: release}, Since: since}, Daemon: daemon}
		}
		web := beside.Known{Record: beside.Record{Scope: dev(), Workload: "web", Standing: beside.Standing{Addr: "[::1]:3", GRPC: true}, Envoy: true, Since: since}, Daemon: "b"}
		d := &beside.Directory{Shelf: besidesql.NewStore(i.db), Authorizer: ofDev{}, Stages: ofDev{}, Clock: func() time.Time { return i.now }}
		listed := func(why string, want ...beside.Known) {
			t.Helper()
			var got []beside.Known
			for page := (kernel.PageRequest{Limit: 1}); ; {
				p, err := d.List(t.Context(), dev(), page)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, p.Items...)
				if page.Cursor = p.Next; page.Cursor == "" {
					break
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", why, diff)
			}
		}
		listed("all", orders("1", "one", "b"), orders("2", "one", "a"), orders("2", "two", "b"), web)
		if got := web.Kind(); got != beside.KindEnvoy {
			t.Errorf("an Envoy is told to be a %s", got)
		}
		i.now = i.now.Add(beside.Lease - time.Second)
		exchange(t, b)
		i.now = i.now.Add(time.Second)
		listed("what a daemon knew whose lease is over is not there", orders("1", "one", "b"), orders("2", "two", "b"), web)
		qs, gone := dev(), dev()
		qs.Stage, gone.Tenant = "qs", "globex"
		if _, err := d.List(t.Context(), qs, kernel.PageRequest{}); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("a stage that there is not: %v", err)
		}
		if _, err := d.List(t.Context(), gone, kernel.PageRequest{}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("who may not: %v", err)
		}
	})
}
