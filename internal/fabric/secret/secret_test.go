package secret_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/seal"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

var (
	dev   = kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}
	other = kernel.Scope{Tenant: "rival", Project: "shop", Stage: "dev"}
)

type journal struct {
	mu    sync.Mutex
	facts []kernel.Fact
	fails bool
}

func (j *journal) Record(_ context.Context, f kernel.Fact) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.fails {
		return kernel.Errorf(kernel.Unavailable, "the journal fails")
	}
	j.facts = append(j.facts, f)
	return nil
}

// authorizer lets the system do everything, and users what is listed.
type authorizer []string

func (a authorizer) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	actor, _ := kernel.ActorFrom(ctx)
	if actor.Kind == kernel.ActorSystem && actor.Tenant == scope.Tenant {
		return nil
	}
	for _, allowed := range a {
		if allowed == action {
			return nil
		}
	}
	return kernel.Errorf(kernel.Denied, "you may not %s", action)
}

// Allowed reaches everything, and for "secret.list in STAGE" that stage alone.
func (a authorizer) Allowed(_ context.Context, action string, _ kernel.Scope) (kernel.Reach, error) {
	for _, allowed := range a {
		if stage, ok := strings.CutPrefix(allowed, action+" in "); ok {
			return kernel.Reach{Stages: []kernel.Scope{{Project: "shop", Stage: stage}}}, nil
		}
	}
	return kernel.Reach{All: true}, nil
}

type anyStage struct{}

func (anyStage) Check(string) error { return nil }

func newService(t *testing.T, d *db.DB, allowed ...string) (*secret.Service, *journal) {
	t.Helper()
	sealer, err := seal.Open(context.Background(), seal.Config{URL: "file://" + filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sealer.Close() })
	j := &journal{}
	return &secret.Service{Store: secretsql.NewStore(d), Sealer: sealer, Authorizer: authorizer(allowed), Stages: anyStage{}, Journal: j, Tx: d}, j
}

func system(scope kernel.Scope) context.Context {
	return kernel.WithActor(context.Background(), kernel.System("test", scope.Tenant))
}

func reveal(t *testing.T, s *secret.Service, scope kernel.Scope, name string) string {
	t.Helper()
	value, _, err := s.Resolve(system(scope), scope, secretref.Reference{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestVersions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{secretsql.Migrations()}, func(t *testing.T, d *db.DB) {
		s, j := newService(t, d)
		ctx := system(dev)
		info, err := s.Generate(ctx, dev, "db-password", 0)
		if err != nil || info.Version != 1 || info.Length != secret.DefaultLength || info.CreatedBy != "system:test" {
			t.Fatalf("generate: %+v, %v", info, err)
		}
		first := reveal(t, s, dev, "db-password")
		if len(first) != 32 || url.QueryEscape(first) != first {
			t.Fatalf("value of %d characters, or one that needs escapes", len(first))
		}
		if info, err = s.Generate(ctx, dev, "db-password", 32); err != nil || info.Version != 1 {
			t.Fatalf("the same again: %+v, %v", info, err)
		}
		if info, err = s.Generate(ctx, dev, "db-password", 48); err != nil || info.Version != 2 {
			t.Fatalf("another length: %+v, %v", info, err)
		}
		if info, err = s.Rotate(ctx, dev, "db-password"); err != nil || info.Version != 3 || info.Length != 48 {
			t.Fatalf("rotate: %+v, %v", info, err)
		}
		if now := reveal(t, s, dev, "db-password"); now == first || len(now) != 48 {
			t.Fatal("the value did not change with its version")
		}
		if info, err = s.Put(ctx, dev, "db-password", "given"); err != nil || info.Version != 4 || info.Generated {
			t.Fatalf("put: %+v, %v", info, err)
		}
		if info, err = s.Put(ctx, dev, "db-password", "given"); err != nil || info.Version != 4 {
			t.Fatalf("put the same: %+v, %v", info, err)
		}
		var changes int
		for _, f := range j.facts {
			if f.Type == "secret.changed" {
				changes++
			}
		}
		if changes != 4 {
			t.Fatalf("%d changes, want 4", changes)
		}
		if _, _, err := s.Resolve(system(other), other, secretref.Reference{Name: "db-password"}); !kernel.Is(err, kernel.NotFound) {
			t.Fatalf("another tenant: %v", err)
		}
		if err := s.Delete(ctx, other, "db-password"); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Delete(ctx, dev, "db-password"), s.Delete(ctx, dev, "db-password")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Describe(ctx, dev, "db-password"); !kernel.Is(err, kernel.NotFound) {
			t.Fatalf("after the delete: %v", err)
		}
	})
}

func TestGeneratesOnceForAll(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{secretsql.Migrations()}, func(t *testing.T, d *db.DB) {
		s, _ := newService(t, d)
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() { _, errs[i] = s.Generate(system(dev), dev, "shared", 0) })
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if info, err := s.Describe(system(dev), dev, "shared"); err != nil || info.Version != 1 {
			t.Fatalf("%+v, %v", info, err)
		}
	})
}

func TestTellsOfAnotherValue(t *testing.T) {
	t.Parallel()
	scope := kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}
	s, _ := newService(t, dbtest.SQLite(t, secretsql.Migrations()))
	var told []string
	s.Changed = func(_ kernel.Scope, name string) { told = append(told, name) }
	ctx := system(scope)
	for _, step := range []func() (secret.Info, error){
		func() (secret.Info, error) { return s.Generate(ctx, scope, "a", 32) }, // the first value
		func() (secret.Info, error) { return s.Generate(ctx, scope, "a", 32) }, // the same
		func() (secret.Info, error) { return s.Put(ctx, scope, "b", "first") },
		func() (secret.Info, error) { return s.Put(ctx, scope, "b", "first") },
		func() (secret.Info, error) { return s.Generate(ctx, scope, "a", 48) },
		func() (secret.Info, error) { return s.Put(ctx, scope, "b", "second") },
	} {
		if _, err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(told, " "); got != "a b" {
		t.Errorf("told of %q", got)
	}
}

func TestWhoIsToldOfAnotherValueReadsThatOne(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{secretsql.Migrations()}, func(t *testing.T, d *db.DB) {
		s, _ := newService(t, d)
		var told []int
		s.Changed = func(scope kernel.Scope, name string) {
			now, err := s.Store.Current(context.Background(), scope, name)
			if err != nil {
				t.Error(err)
			}
			told = append(told, now.Version)
		}
		ctx := system(dev)
		for _, value := range []string{"first", "second"} {
			if _, err := s.Put(ctx, dev, "a", value); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Rollback(ctx, dev, "a", 1, "it does not work"); err != nil {
			t.Fatal(err)
		}
		if err := s.Mark(ctx, dev, "a", secret.Deleted); err != nil {
			t.Fatal(err)
		}
		if err := s.Mark(ctx, dev, "a", secret.Undeleted); err != nil {
			t.Fatal(err)
		}
		undone := errors.New("undone")
		if err := d.InTx(ctx, func(ctx context.Context) error {
			_, err := s.Put(ctx, dev, "a", "third")
			return errors.Join(err, undone)
		}); !errors.Is(err, undone) {
			t.Fatal(err)
		}
		if want := []int{2, 3, 3}; !slices.Equal(told, want) {
			t.Errorf("who was told has read the versions %v, want %v", told, want)
		}
	})
}

// TestValueStaysInside puts a value that can be found, and looks for it in the
// database's files, in facts, errors and descriptions.
func TestValueStaysInside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, err := db.Open(context.Background(), "sqlite://"+filepath.Join(dir, "terrace.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if err := d.Migrate(context.Background(), secretsql.Migrations()); err != nil {
		t.Fatal(err)
	}
	s, j := newService(t, d, "secret.write")
	ctx := kernel.WithActor(context.Background(), kernel.Actor{ID: "usr_1", Kind: kernel.ActorUser, Tenant: "acme"})
	const value = "correct-horse-battery-staple"
	info, err := s.Put(ctx, dev, "password", value)
	if err != nil {
		t.Fatal(err)
	}
	_, tooLong := s.Put(ctx, dev, "password", strings.Repeat(value, 4000))
	_, badName := s.Put(ctx, dev, "bad name", value)
	shown, err := json.Marshal(map[string]any{"info": info, "facts": j.facts, "errors": fmt.Sprint(tooLong, badName)})
	if err != nil {
		t.Fatal(err)
	}
	if tooLong == nil || badName == nil || bytes.Contains(shown, []byte(value)) {
		t.Fatalf("the value is shown, or wrong input was taken: %s", shown)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var kept int
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		kept += bytes.Count(content, []byte("password"))
		if bytes.Contains(content, []byte(value)) {
			t.Fatalf("%s holds the value", f.Name())
		}
	}
	if kept == 0 {
		t.Fatal("the files hold not even the name: the search proves nothing")
	}
}

func TestAuthorizes(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, secretsql.Migrations())
	s, _ := newService(t, d, "secret.list")
	ctx := kernel.WithActor(context.Background(), kernel.Actor{ID: "usr_1", Kind: kernel.ActorUser, Tenant: "acme"})
	if _, err := s.Generate(ctx, dev, "password", 0); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Resolve(ctx, dev, secretref.Reference{Name: "password"}); !kernel.Is(err, kernel.Denied) {
		t.Fatalf("reveal without secret.read: %v", err)
	}
	if _, err := s.Put(ctx, dev, "password", "x"); !kernel.Is(err, kernel.Denied) {
		t.Fatalf("put without secret.write: %v", err)
	}
	if _, err := s.Rotate(ctx, dev, "password"); !kernel.Is(err, kernel.Denied) {
		t.Fatalf("rotate without secret.write: %v", err)
	}
	if _, err := s.List(ctx, dev, kernel.PageRequest{}); err != nil {
		t.Fatalf("list with secret.list: %v", err)
	}
}

// TestSealedForItsPlace moves a sealed value to another name: it must not open.
func TestSealedForItsPlace(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, secretsql.Migrations())
	s, _ := newService(t, d)
	ctx := system(dev)
	if _, err := s.Generate(ctx, dev, "password", 0); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Conn(ctx).ExecContext(ctx, "UPDATE secrets SET name = 'stolen'"); err != nil {
		t.Fatal(err)
	}
	if value, _, err := s.Resolve(ctx, dev, secretref.Reference{Name: "stolen"}); err == nil {
		t.Fatalf("a moved value opens: %d bytes", len(value))
	}
}
