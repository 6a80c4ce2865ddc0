package identitysql_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/identity/identitysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// before are the migrations that there were before grants.
func before(t *testing.T) db.Migrations {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range []string{"00001_init", "00002_disabled", "00003_revisions"} {
		path := "migrations/" + name + ".sql"
		content, err := fs.ReadFile(identitysql.Migrations().Files, path)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = &fstest.MapFile{Data: content}
	}
	return db.Migrations{Room: "identity", Files: files}
}

// TestRolesBecomeGrants: what people could do before, they can after; their tokens stay.
func TestRolesBecomeGrants(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{before(t)}, func(t *testing.T, d *db.DB) {
		for _, statement := range []string{
			"INSERT INTO identity_users (id, tenant, name, password, created_at) VALUES ('usr_1', 'acme', 'admin', '', '2026-01-01 00:00:00'), ('usr_2', 'acme', 'ada', '', '2026-01-01 00:00:00')",
			"INSERT INTO identity_claims (tenant, claimed_at) VALUES ('acme', '2026-01-01 00:00:00')",
			"INSERT INTO identity_memberships (tenant, project, user_id, role) VALUES ('acme', '', 'usr_1', 'admin'), ('acme', 'shop', 'usr_2', 'developer')",
			"INSERT INTO identity_tokens (id, tenant, user_id, name, hash, created_at) VALUES ('tok_1', 'acme', 'usr_2', 'ci', 'h1', '2026-01-01 00:00:00')",
		} {
			if _, err := d.Conn(t.Context()).ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Migrate(t.Context(), identitysql.Migrations()); err != nil {
			t.Fatal(err)
		}
		s := identitysql.NewStore(d)
		page, err := s.Grants(t.Context(), "acme", identity.GrantFilter{}, kernel.PageRequest{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range page.Items {
			got = append(got, g.ID+" "+g.Subject.String()+" "+string(g.Role)+" "+g.Where())
		}
		if diff := cmp.Diff([]string{"grt_1 admin admin the tenant", "grt_1_operator admin operator the platform", "grt_2_shop ada developer the project shop"}, got); diff != "" {
			t.Error(diff)
		}
		if token, err := s.TokenByHash(t.Context(), "h1"); err != nil || token.SubjectID != "usr_2" || token.Limits != nil {
			t.Errorf("%+v, %v", token, err)
		}
	})
}
