package secret_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

func TestResolvesAVersionAndAKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{secretsql.Migrations()}, func(t *testing.T, d *db.DB) {
		s, j := newService(t, d)
		ctx := system(dev)
		for _, user := range []string{"old", "new"} {
			if _, err := s.Write(ctx, dev, "team/db", secret.Data{"user": json.RawMessage(`"` + user + `"`), "port": json.RawMessage("3306")}, nil); err != nil {
				t.Fatal(err)
			}
		}
		for inside, want := range map[string]string{"team/db#user": "new", "team/db#user@1": "old", "team/db#user@2": "new", "team/db#port": "3306"} {
			r, err := secretref.Parse(inside)
			if err != nil {
				t.Fatal(err)
			}
			before := len(j.facts)
			if _, err := s.Check(ctx, dev, r); err != nil || len(j.facts) != before {
				t.Errorf("%s is checked with %v and %d facts more", inside, err, len(j.facts)-before)
			}
			if got, _, err := s.Resolve(ctx, dev, r); err != nil || got != want {
				t.Errorf("%s is %q, %v; want %q", inside, got, err, want)
			}
		}
		for inside, kind := range map[string]kernel.Kind{"team/db": kernel.Invalid, "team/db#none": kernel.NotFound, "team/db#user@3": kernel.NotFound, "team": kernel.NotFound} {
			r, err := secretref.Parse(inside)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Check(ctx, dev, r); !kernel.Is(err, kind) {
				t.Errorf("checking %s: %v", inside, err)
			}
			if _, _, err := s.Resolve(ctx, dev, r); !kernel.Is(err, kind) {
				t.Errorf("resolving %s: %v", inside, err)
			}
		}
		if _, err := s.Check(system(other), dev, secretref.Reference{Name: "team/db", Key: "user"}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("another tenant: %v", err)
		}
	})
}

func TestTellsWhatAReferenceLacks(t *testing.T) {
	t.Parallel()
	s, facts := newService(t, dbtest.SQLite(t, secretsql.Migrations()), "secret.write")
	ctx := system(dev)
	for name, d := range map[string]secret.Data{"plain": {"value": json.RawMessage(`"x"`)}, "db/keys": {"user": json.RawMessage(`"x"`)}, "gone": {"value": json.RawMessage(`"x"`)}} {
		if _, err := s.Write(ctx, dev, name, d, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Mark(ctx, dev, "gone", secret.Deleted); err != nil {
		t.Fatal(err)
	}
	before := len(facts.facts)
	for inside, want := range map[string]string{
		"plain": "", "plain@1": "", "db/keys#user": "", "plain#value": "",
		"none": "there is no secret none in dev (terrace secret set none --stage dev)", "gone": "the secret gone is deleted in dev (terrace secret set gone --stage dev)",
		"plain@2": "the secret plain has no version 2 in dev; its newest is 1 (see terrace secret history plain --stage dev", "db/keys": "the secret db/keys has several keys in dev, and none is named (write ${secret:db/keys#KEY})",
		"db/keys#password": "the secret db/keys has no key \"password\" in dev (terrace secret set db/keys --key password --stage dev)", "none#user": "there is no secret none in dev (terrace secret set none --key user --stage dev)",
	} {
		r, err := secretref.Parse(inside)
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Missing(ctx, dev, r)
		if err != nil || want == "" && p != nil || want != "" && (p == nil || !strings.HasPrefix(p.String(), want)) {
			t.Errorf("%s: %v, %v", inside, p, err)
		}
	}
	if p, err := s.Missing(ctx, other, secretref.Reference{Name: "plain"}); err != nil || p == nil {
		t.Errorf("another tenant's: %v, %v", p, err)
	}
	if len(facts.facts) != before {
		t.Error("who looks is recorded as if the value had been read")
	}
}
