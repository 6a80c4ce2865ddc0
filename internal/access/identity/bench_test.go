package identity_test

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/identity/identitysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// BenchmarkAuthorize is a permission check, of somebody with roles in a hundred projects
// and of an admin of the tenant. It is to take less than 5 µs.
func BenchmarkAuthorize(b *testing.B) {
	d := dbtest.SQLite(b, identitysql.Migrations())
	s := identity.New(identity.Config{Store: identitysql.NewStore(d), Tx: d, Projects: anyProject{}, Journal: &journal{}})
	ctx := kernel.WithActor(b.Context(), kernel.System("bench", "default"))
	actors := map[string]kernel.Actor{}
	for _, one := range []identity.NewUser{{Name: "admin", Role: identity.Admin}, {Name: "developer"}} {
		one.Password = password
		u, err := s.CreateUser(ctx, tenant(), one)
		if err != nil {
			b.Fatal(err)
		}
		actors[one.Name] = kernel.Actor{ID: u.ID, Name: u.Name, Kind: kernel.ActorUser, Tenant: "default"}
	}
	for i := range 100 {
		project := tenant().InProject("p" + string(rune('a'+i/26)) + string(rune('a'+i%26)))
		if _, err := s.Grant(ctx, project, identity.NewGrant{Subject: person("developer"), Role: identity.Developer}); err != nil {
			b.Fatal(err)
		}
	}
	for name, actor := range actors {
		b.Run(name, func(b *testing.B) {
			ctx := kernel.WithActor(b.Context(), actor)
			for b.Loop() {
				if err := s.Authorize(ctx, "workload.deploy", tenant().InProject("pdv").InStage("dev")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
