package secret_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func TestList(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{secretsql.Migrations()}, func(t *testing.T, d *db.DB) {
		s, _ := newService(t, d)
		ctx := system(dev)
		for _, stage := range []string{"dev", "test"} {
			for i := range 3 {
				for _, length := range []int{32, 40} {
					if _, err := s.Generate(ctx, dev.InStage(stage), fmt.Sprintf("s%d", i), length); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		var seen []string
		for page := (kernel.PageRequest{Limit: 2}); ; {
			got, err := s.List(ctx, dev.InProject("shop"), page)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range got.Items {
				seen = append(seen, fmt.Sprintf("%s/%s@%d", i.Stage, i.Name, i.Version))
			}
			if page.Cursor = got.Next; got.Next == "" {
				break
			}
		}
		want := "dev/s0@2 dev/s1@2 dev/s2@2 test/s0@2 test/s1@2 test/s2@2"
		if got := strings.Join(seen, " "); got != want {
			t.Fatalf("listed %s", got)
		}
		if got, err := s.List(ctx, dev, kernel.PageRequest{}); err != nil || len(got.Items) != 3 {
			t.Fatalf("one stage: %d, %v", len(got.Items), err)
		}
	})
}

func TestListsTheStagesThatOneMaySee(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{secretsql.Migrations()}, func(t *testing.T, d *db.DB) {
		s, _ := newService(t, d, "secret.list", "secret.list in dev")
		for _, stage := range []string{"dev", "prod"} {
			for _, name := range []string{"a", "b"} {
				if _, err := s.Generate(system(dev), dev.InStage(stage), name, 0); err != nil {
					t.Fatal(err)
				}
			}
		}
		ctx := kernel.WithActor(context.Background(), kernel.Actor{ID: "usr_1", Kind: kernel.ActorUser, Tenant: "acme"})
		var got []string
		for page := (kernel.PageRequest{Limit: 1}); ; {
			found, err := s.List(ctx, dev.InStage(""), page)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range found.Items {
				got = append(got, i.Stage+"/"+i.Name)
			}
			if page.Cursor = found.Next; page.Cursor == "" {
				break
			}
		}
		if diff := cmp.Diff([]string{"dev/a", "dev/b"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// However many others there are before it.
func TestNamesAreOfWhatIsReached(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{secretsql.Migrations()}, func(t *testing.T, d *db.DB) {
		s, _ := newService(t, d, "secret.list", "secret.list in dev")
		for _, where := range []kernel.Scope{dev, dev.InStage("beta"), dev.InProject("merger").InStage("dev"), dev.InProject("acquisition").InStage("dev")} {
			if _, err := s.Generate(system(dev), where, "a", 0); err != nil {
				t.Fatal(err)
			}
		}
		ctx := kernel.WithActor(context.Background(), kernel.Actor{ID: "usr_1", Kind: kernel.ActorUser, Tenant: "acme"})
		for _, tt := range []struct {
			scope         kernel.Scope
			prefix, after string
			want          []string
		}{
			{kernel.Scope{Tenant: "acme"}, "", "", []string{"shop"}},
			{kernel.Scope{Tenant: "acme"}, "sh", "", []string{"shop"}},
			{kernel.Scope{Tenant: "acme"}, "mer", "", nil},
			{kernel.Scope{Tenant: "acme"}, "", "shop", nil},
			{dev.InStage(""), "", "", []string{"dev"}},
			{dev, "", "", []string{"a"}},
		} {
			got, err := s.Names(ctx, tt.scope, tt.prefix, tt.after, 1)
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("names in %q of %q after %q: %s %v", tt.scope, tt.prefix, tt.after, diff, err)
			}
		}
	})
}
