package identity_test

import (
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/identity/identitysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// BenchmarkAuthorize is a permission check, of somebody with roles in a hundred projects
// and of an admin of the tenant. It is to take less than 5 µs. Beside it Open Policy Agent
// decides the same by a prepared query over the same grants.
func BenchmarkAuthorize(b *testing.B) {
	d := dbtest.SQLite(b, identitysql.Migrations())
	s := identity.New(identity.Config{Store: identitysql.NewStore(d), Tx: d, Projects: anyProject{}, Journal: &journal{}})
	ctx := kernel.WithActor(b.Context(), kernel.System("bench", "default"))
	actors, granted := map[string]kernel.Actor{}, map[string][]any{}
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
		granted[actors["developer"].ID] = append(granted[actors["developer"].ID], map[string]any{"project": project.Project, "role": "developer"})
	}
	granted[actors["admin"].ID] = []any{map[string]any{"project": "", "role": "admin"}}
	peer := peerOf(b, granted)
	for name, actor := range actors {
		b.Run(name, func(b *testing.B) {
			ctx := kernel.WithActor(b.Context(), actor)
			for b.Loop() {
				if err := s.Authorize(ctx, "workload.deploy", tenant().InProject("pdv").InStage("dev")); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			begun := time.Now()
			for range b.N {
				input := map[string]any{"actor": actor.ID, "action": "workload.deploy", "project": "pdv"}
				if out, err := peer.Eval(ctx, rego.EvalInput(input)); err != nil || !out.Allowed() {
					b.Fatal(out, err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()/time.Since(begun).Seconds(), "x-of-opa")
		})
	}
}

// peerOf is a decision by Open Policy Agent over grants of actors.
func peerOf(b *testing.B, granted map[string][]any) rego.PreparedEvalQuery {
	b.Helper()
	all := map[string]any{}
	for id, grants := range granted {
		all[id] = grants
	}
	query, err := rego.New(rego.Query("data.peer.allow"), rego.Store(inmem.NewFromObject(map[string]any{
		"grants": all, "roles": map[string]any{"workload.deploy": []any{"developer", "admin"}},
	})), rego.Module("peer.rego", `package peer

allow if {
	some grant in data.grants[input.actor]
	grant.project in {"", input.project}
	grant.role in data.roles[input.action]
}
`)).PrepareForEval(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return query
}
