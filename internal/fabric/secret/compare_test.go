package secret_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

func TestVersionsAreComparedTakenBackAndCopied(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{secretsql.Migrations()}, func(t *testing.T, d *db.DB) {
		s, j := newService(t, d)
		ctx, test := system(dev), dev.InStage("test")
		write := func(data secret.Data) {
			t.Helper()
			if _, err := s.Write(ctx, dev, "db", data, nil); err != nil {
				t.Fatal(err)
			}
		}
		write(secret.Data{"user": []byte(`"a"`), "password": []byte(`"hush"`)})
		write(secret.Data{"user": []byte(`"b"`), "password": []byte(`"hush"`), "port": []byte(`1`)})
		got, err := s.Compare(ctx, dev, "db", 1, 0)
		if want := (secret.Difference{From: 1, To: 2, Added: []string{"port"}, Removed: []string{}, Changed: []string{"user"}}); err != nil || cmp.Diff(want, got) != "" {
			t.Errorf("%+v, %v", got, err)
		}
		if by, err := s.Compare(ctx, dev, "db", 0, 0); err != nil || cmp.Diff(got, by) != "" {
			t.Errorf("the newest with the one before: %+v, %v", by, err)
		}
		info, err := s.Rollback(ctx, dev, "db", 1, "it does not work")
		if err != nil || info.Version != 3 {
			t.Errorf("%+v, %v", info, err)
		}
		if info, err = s.Copy(ctx, dev, test, "db", "one for both"); err != nil || info.Version != 1 || info.Stage != "test" {
			t.Errorf("%+v, %v", info, err)
		}
		if _, err := s.Compare(ctx, test, "db", 0, 0); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "no version of secret db before version 1") {
			t.Errorf("the only version: %v", err)
		}
		if user, _, err := s.Resolve(system(dev), test, secretref.Reference{Name: "db", Key: "user"}); err != nil || user != "a" {
			t.Errorf("%q, %v", user, err)
		}
		if _, err := s.Copy(ctx, dev, dev, "db", "x"); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("onto itself: %v", err)
		}
		if _, _, err := s.Resolve(system(dev), test, secretref.Reference{Name: "db", Key: "none"}); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("a key that there is not: %v", err)
		}
		if _, _, err := s.Resolve(system(dev), dev, secretref.Reference{Name: "db"}); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("several keys as one value: %v", err)
		}
		if text := fmt.Sprint(j.facts); strings.Contains(text, "hush") || !strings.Contains(text, "one for both") {
			t.Errorf("facts %s", text)
		}
	})
}
