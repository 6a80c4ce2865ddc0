package configapi_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/fabric/config/configsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// TestALookOfADaemonThatWasKilled is made again by its next process at once, however long
// the lease is; another daemon makes it once the lease is over, and then the first can
// write nothing any more.
func TestALookOfADaemonThatWasKilled(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{vcssql.Migrations(), configsql.Migrations()}, func(t *testing.T, d *db.DB) {
		b := benchOn(t, d, nil)
		var err error
		if b.repo, err = b.Create(vcstest.As(t.Context(), "developer"), vcstest.Shop(), vcs.NewRepository{Name: "conf"}); err != nil {
			t.Fatal(err)
		}
		b.git("init", "-q", "-b", "main")
		b.Watch(t)
		b.push("main", map[string]string{"schema.yaml": schema})
		b.must("admin", http.MethodPut, "/source", map[string]string{"repository": "conf"}, nil)
		commit := b.push("main", map[string]string{"default.yaml": "values: {checkout.timeout: 7}\n"})
		store, now := configsql.NewStore(d), time.Now()
		var n config.Source
		vcstest.Eventually(t, "the push is told", func() bool {
			n, err = store.Source(t.Context(), vcstest.Shop())
			return err == nil && n.Pushed.Commit == commit
		})
		lease := func(who string, at time.Time) error {
			return store.Lease(t.Context(), n.ID, who, at, at.Add(time.Hour))
		}
		if err := lease("b", now); err != nil {
			t.Fatal(err)
		}
		if err := lease("a", now); !kernel.Is(err, kernel.Locked) {
			t.Errorf("two look at once: %v", err)
		}
		if err := lease("a", now.Add(2*time.Hour)); err != nil {
			t.Errorf("what b had is nobody's: %v", err)
		}
		n.Status.At = &now
		if err := store.SaveStatus(t.Context(), n, "b", now, now); !kernel.Is(err, kernel.Locked) {
			t.Errorf("b writes over what a looks at: %v", err)
		}
		if err := store.Renew(t.Context(), n.ID, "b", now.Add(time.Hour)); !kernel.Is(err, kernel.Locked) {
			t.Errorf("b goes on: %v", err)
		}
		if err := store.Due(t.Context(), n, now.Add(2*time.Hour)); err != nil { // as a has left it
			t.Fatal(err)
		}
		b.look()
		if s := b.stands(config.Ready); s.Status.Commit != commit {
			t.Errorf("%+v", s.Status)
		}
	})
}

// TestWhoBroughtAValue is who pushed or merged it, and not whom the commit names: also of a
// commit that came with others.
func TestWhoBroughtAValue(t *testing.T) {
	t.Parallel()
	b := newBench(t, dbtest.SQLite(t, vcssql.Migrations(), configsql.Migrations()), vcs.Protection{})
	b.connected(map[string]string{"default.yaml": "values: {checkout.timeout: 10}\n"})
	b.git("checkout", "-q", "-B", "slow")
	if err := os.MkdirAll(filepath.Join(b.dir, "config/shop/stages"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, "config/shop/stages/prod.yaml"), []byte("values: {checkout.timeout: 30}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.git("add", "-A")
	b.git("commit", "-q", "-m", "slower", "--author", "Root <root@example.com>")
	first := b.git("rev-parse", "HEAD")
	b.push("slow", map[string]string{"stages/test.yaml": "values: {checkout.timeout: 20}\n"})
	p, err := b.Propose(vcstest.As(t.Context(), "developer"), vcstest.Shop(), "conf", vcs.Proposal{Title: "Slower", Source: "slow"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = b.Merge(vcstest.As(context.WithoutCancel(t.Context()), "admin"), vcstest.Shop(), "conf", p.Number, ""); err != nil {
		t.Fatal(err)
	}
	var x config.Explained
	vcstest.Eventually(t, "what was merged counts, and who merged it is known", func() bool {
		x = config.Explained{}
		b.must("viewer", http.MethodGet, "/keys/checkout.timeout?stage=prod", nil, &x)
		return x.Value == float64(30) && x.Writings[0].PushedBy != ""
	})
	if w := x.Writings[0]; w.PushedBy != "admin" || w.Author != "Root" || w.Commit != first {
		t.Errorf("%+v", w)
	}
	if changed := b.Facts.Of("config.changed"); !strings.Contains(fmt.Sprint(changed[len(changed)-1].Data), "pushedBy:admin") {
		t.Errorf("told as %v", changed[len(changed)-1].Data)
	}
}
