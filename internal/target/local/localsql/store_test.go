package localsql_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
)

func object(stage, name string) local.Object {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	return local.Object{
		Key:  local.Key{Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: stage}, Kind: local.Services, Name: name},
		Spec: json.RawMessage(`{"a":1}`), Outputs: local.Outputs{"host": "x"}, Revision: 3,
		Owners: []local.Owner{{Stack: "s", Tags: map[string]string{"owner": "a"}}}, CreatedAt: at, UpdatedAt: at,
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{localsql.Migrations()}, func(t *testing.T, d *db.DB) {
		ctx, store := context.Background(), localsql.NewStore(d, localtest.Sealer())
		want := object("dev", "orders")
		for range 2 { // the second replaces
			if err := store.Put(ctx, want); err != nil {
				t.Fatal(err)
			}
		}
		got, err := store.Get(ctx, want.Key)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		var spec string
		var sealed []byte
		if err := d.Reader(ctx).QueryRowContext(ctx, "SELECT spec, sealed FROM local_objects").Scan(&spec, &sealed); err != nil || spec != "" || bytes.Contains(sealed, want.Spec) {
			t.Errorf("what a service is declared to be is in the clear: %q, %q, %v", spec, sealed, err)
		}
		if _, err := d.Conn(ctx).ExecContext(ctx, `UPDATE local_objects SET sealed = NULL, spec = '{"b":2}'`); err != nil { // as it was before
			t.Fatal(err)
		}
		if got, err := store.Get(ctx, want.Key); err != nil || string(got.Spec) != `{"b":2}` {
			t.Errorf("a declaration that was never sealed: %s, %v", got.Spec, err)
		}
		other := want.Key
		other.Scope.Tenant = "evil"
		if _, err := store.Get(ctx, other); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("another tenant: %v", err)
		}
		for range 2 {
			if err := store.Delete(ctx, want.Key); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := store.Get(ctx, want.Key); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("after Delete: %v", err)
		}
	})
}

func TestListsAreComplete(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{localsql.Migrations()}, func(t *testing.T, d *db.DB) {
		ctx, store := context.Background(), localsql.NewStore(d, localtest.Sealer())
		const each = 110
		err := d.InTx(ctx, func(ctx context.Context) error {
			for i := range each {
				for _, stage := range []string{"dev", "prod"} {
					if err := store.Put(ctx, object(stage, fmt.Sprintf("s-%03d", i))); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[local.Key]bool{}
		if err := store.Keys(ctx, func(k local.Key) error {
			seen[k] = true
			return nil
		}); err != nil || len(seen) != 2*each {
			t.Errorf("Keys: %d, %v", len(seen), err)
		}
		scope := kernel.Scope{Tenant: "acme", Project: "shop"}
		narrow := kernel.Reach{Stages: []kernel.Scope{{Project: "shop", Stage: "dev"}}}
		some, err := store.List(ctx, scope, local.Services, narrow, kernel.PageRequest{Limit: 3})
		if err != nil || len(some.Items) != 3 || some.Items[2].Key.Scope.Stage != "dev" || some.Items[2].Key.Name != "s-002" {
			t.Errorf("narrowed to dev: %+v, %v", some.Items, err)
		}
		for stage, want := range map[string]int{"": 2 * each, "dev": each, "none": 0} {
			listed, page := map[local.Key]bool{}, kernel.PageRequest{Limit: 33}
			for {
				got, err := store.List(ctx, scope.InStage(stage), local.Services, kernel.Reach{All: true}, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range got.Items {
					listed[o.Key] = true
				}
				if page.Cursor = got.Next; page.Cursor == "" {
					break
				}
			}
			if len(listed) != want {
				t.Errorf("List of stage %q: %d, want %d", stage, len(listed), want)
			}
		}
	})
}
