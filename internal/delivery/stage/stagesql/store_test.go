package stagesql_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/stage/stagesql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func each(t *testing.T, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{stagesql.Migrations()}, test)
}

// fill sets every field that there is, so that one which does not survive
// storage is seen, whoever adds it.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(1.5)
	default:
		v.SetInt(90_000_000_001)
	}
}

func TestEveryFieldOfAStageIsKept(t *testing.T) {
	t.Parallel()
	var full stage.Stage
	fill(reflect.ValueOf(&full).Elem())
	none := stage.Stage{Name: "none", GitOps: stage.GitOps{PrivateNetworks: []string{}}}
	each(t, func(t *testing.T, d *db.DB) {
		s := stagesql.NewStore(d)
		if _, err := s.Newest(t.Context()); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("of an empty store: %v", err)
		}
		v := stage.Version{
			Number: 1, Stages: []stage.Stage{full, none}, Digest: "sha256:a", Origin: "source platform", Configured: "sha256:b", Reason: "why", SetBy: "usr_1",
			SetAt: kernel.Clock(nil).Now(),
		}
		if err := s.Insert(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		if err := s.Insert(t.Context(), v); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("the same number again: %v", err)
		}
		got, err := s.Newest(t.Context())
		if diff := cmp.Diff(v, got); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
		if n, err := s.Number(t.Context()); n != 1 || err != nil {
			t.Errorf("number %d, %v", n, err)
		}
		v.Number, v.Stages = 2, []stage.Stage{none}
		if err := s.Insert(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]bool{full.Name: true, none.Name: true, "nope": false} {
			if had, err := s.Had(t.Context(), name); had != want || err != nil {
				t.Errorf("there was a stage %q: %t, %v", name, had, err)
			}
		}
	})
}

// world is an installation with its stages.
type world struct {
	store *stagesql.Store
	db    *db.DB
	facts []string
	used  string
}

func (w *world) Authorize(ctx context.Context, _ string, _ kernel.Scope) error {
	if actor, _ := kernel.ActorFrom(ctx); actor.ID != "usr_admin" {
		return kernel.Errorf(kernel.Denied, "no")
	}
	return nil
}

func (w *world) Record(_ context.Context, f kernel.Fact) error {
	w.facts = append(w.facts, f.Type)
	return nil
}

func (w *world) StageUse(_ context.Context, name string) (string, error) {
	if name == w.used {
		return "workload orders of project shop", nil
	}
	return "", nil
}

// daemon starts one on the installation.
func (w *world) daemon(t *testing.T, configured []stage.Stage) (*stage.Service, *stage.Set) {
	t.Helper()
	set, err := stage.NewSet(configured)
	if err != nil {
		t.Fatal(err)
	}
	s := stage.NewService(stage.Config{Set: set, Store: w.store, Tx: w.db, Journal: w, Authorizer: w, Uses: w, Tenant: "acme"})
	if err := s.Load(t.Context(), configured); err != nil {
		t.Fatal(err)
	}
	return s, set
}

func worlds(t *testing.T, test func(t *testing.T, w *world, admin context.Context)) {
	t.Helper()
	each(t, func(t *testing.T, d *db.DB) {
		test(t, &world{store: stagesql.NewStore(d), db: d}, kernel.WithActor(t.Context(), kernel.Actor{ID: "usr_admin", Tenant: "acme"}))
	})
}

func order(set *stage.Set) string {
	var names []string
	for _, s := range set.All() {
		names = append(names, s.Name)
	}
	return strings.Join(names, " ")
}

func TestReplaceWhileRunning(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, w *world, admin context.Context) {
		s, set := w.daemon(t, stage.Default())
		other, otherSet := w.daemon(t, stage.Default())
		told := 0
		s.Changed = func(context.Context) error { told++; return nil }
		next := stage.Default()[:3]
		next[0].Soak = time.Hour
		if _, err := s.Replace(t.Context(), "source platform", "", next); !kernel.Is(err, kernel.Denied) {
			t.Errorf("by nobody: %v", err)
		}
		w.used = "prod"
		if _, err := s.Replace(admin, "source platform", "", next); !kernel.Is(err, kernel.Conflict) || order(set) != "dev test int qs prod" {
			t.Errorf("a stage in use went: %v, %s", err, order(set))
		}
		if _, err := s.Replace(admin, "source platform", "", nil); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("no stages: %v", err)
		}
		w.used = ""
		for range 2 {
			if v, err := s.Replace(admin, "source platform", "smaller", next); err != nil || v.Number != 2 {
				t.Fatalf("version %d, %v", v.Number, err)
			}
		}
		if dev, _ := set.Get("dev"); order(set) != "dev test int" || dev.Soak != time.Hour || told != 1 {
			t.Errorf("%s, soak %s, told %d times", order(set), dev.Soak, told)
		}
		if last, ok := set.After("int"); ok {
			t.Errorf("after int comes %s", last.Name)
		}
		if err := other.Follow(t.Context()); err != nil || order(otherSet) != "dev test int" {
			t.Errorf("the other daemon has %s, %v", order(otherSet), err)
		}
		if got := strings.Join(w.facts, " "); got != "stages.changed stages.changed" {
			t.Errorf("facts: %s", got)
		}
	})
}

func TestTheConfigurationSeeds(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, w *world, admin context.Context) {
		if _, set := w.daemon(t, stage.Default()); order(set) != "dev test int qs prod" {
			t.Fatalf("first start: %s", order(set))
		}
		fewer := stage.Default()[:2]
		w.used = "prod"
		if _, set := w.daemon(t, fewer); order(set) != "dev test int qs prod" {
			t.Errorf("a stage in use went with the configuration: %s", order(set))
		}
		w.used = ""
		s, set := w.daemon(t, fewer)
		if order(set) != "dev test" {
			t.Errorf("a changed configuration: %s", order(set))
		}
		if _, err := s.Replace(admin, "source platform", "", stage.Default()[:4]); err != nil {
			t.Fatal(err)
		}
		if _, set := w.daemon(t, stage.Default()[:1]); order(set) != "dev test int qs" {
			t.Errorf("the configuration took over from a source: %s", order(set))
		}
	})
}
