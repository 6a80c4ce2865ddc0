package secret_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

func TestOneKeyIsSetAndTheOthersStay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{secretsql.Migrations()}, func(t *testing.T, d *db.DB) {
		s, _ := newService(t, d)
		ctx := system(dev)
		seen := func(n int) *int { return &n }
		for _, c := range []struct {
			what    string
			given   secret.Given
			version int
			kind    kernel.Kind
		}{
			{"the first", secret.Given{Key: "user", Value: "shop", Seen: seen(0)}, 1, ""},
			{"another", secret.Given{Key: "password", Value: "hush"}, 2, ""},
			{"the same again", secret.Given{Key: "password", Value: "hush", Seen: seen(2)}, 2, ""},
			{"a new value of it", secret.Given{Key: "password", Value: "husher", Seen: seen(2)}, 3, ""},
			{"one that somebody else came before", secret.Given{Key: "password", Value: "late", Seen: seen(2)}, 0, kernel.Stale},
			{"a key that no reference can name", secret.Given{Key: "pass word", Value: "x"}, 0, kernel.Invalid},
			{"no value", secret.Given{Key: "password"}, 0, kernel.Invalid},
			{"a zero byte", secret.Given{Value: "a\x00b"}, 0, kernel.Invalid},
			{"more than fits", secret.Given{Key: "more", Value: strings.Repeat("x", secret.MaxValue)}, 0, kernel.TooLarge},
		} {
			info, err := s.Set(ctx, dev, "db", c.given)
			if c.kind != "" && !kernel.Is(err, c.kind) || c.kind == "" && (err != nil || info.Version != c.version || !info.Fields) {
				t.Errorf("%s: %+v, %v", c.what, info, err)
			}
		}
		for key, want := range map[string]string{"user": "shop", "password": "husher"} {
			if got, _, err := s.Resolve(ctx, dev, secretref.Reference{Name: "db", Key: key}); err != nil || got != want {
				t.Errorf("%s is %q, %v", key, got, err)
			}
		}
		if err := s.Mark(ctx, dev, "db", secret.Deleted); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Set(ctx, dev, "db", secret.Given{Key: "user", Value: "anew"}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Resolve(ctx, dev, secretref.Reference{Name: "db", Key: "password"}); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("a key of what was deleted: %v", err)
		}
	})
}
