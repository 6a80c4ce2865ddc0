package app

import (
	"context"
	"fmt"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// BenchmarkReads asks for what clients and the portal ask for most, as a developer with
// one grant, of a tenant with 200 projects and 20,000 runs. It tells what a read costs of
// the processor beside how long it takes: what is worth being cached.
func BenchmarkReads(b *testing.B) {
	for _, on := range []string{"sqlite", "postgres"} {
		b.Run(on, func(b *testing.B) {
			a := benchApp(b, func(c *config.Config) {
				if on == "postgres" {
					c.Database = dbtest.NewPostgres(b)
				}
			})
			system := kernel.WithActor(b.Context(), kernel.System("bench", "default"))
			demo := kernel.Scope{Tenant: "default", Project: "demo"}
			if on == "sqlite" {
				a.manyRuns(b, demo, 20_000)
			}
			h := a.handler()
			follow, ended := context.WithCancel(b.Context())
			b.Cleanup(ended)
			go func() { _ = followsKept{a.access.events, a.platform.kept}.Run(follow) }()
			for i := range 200 {
				res := request(b.Context(), h, a.first.Token, http.MethodPost, "/api/v1/projects", map[string]any{"name": fmt.Sprintf("p%03d", i), "costcenter": "1", "owner": "x"})
				_ = res.Body.Close()
				if res.StatusCode >= http.StatusMultipleChoices {
					b.Fatal(res.Status)
				}
			}
			if _, err := a.access.identity.CreateUser(system, demo, identity.NewUser{Name: "dora", Password: matrixPassword}); err != nil {
				b.Fatal(err)
			}
			if _, err := a.access.identity.Grant(system, demo, identity.NewGrant{Subject: identity.Subject{Kind: identity.KindUser, Name: "dora"}, Role: identity.Developer}); err != nil {
				b.Fatal(err)
			}
			token, _, err := a.access.identity.CreateToken(system, kernel.Scope{Tenant: "default"}, identity.NewToken{Name: "x", User: "dora"})
			if err != nil {
				b.Fatal(err)
			}
			for _, path := range []string{
				"/api/v1/me", "/api/v1/projects", "/api/v1/stages", "/api/v1/definitions", "/api/v1/modules", "/api/v1/policies?project=demo", "/api/v1/event-types", "/api/v1/tags",
				"/api/v1/projects/demo/workloads", "/api/v1/projects/demo/runs", "/api/v1/projects/demo/runs/run_first", "/api/v1/gateway/kinds",
				"/api/openapi.json", "/oauth2/jwks",
			} {
				b.Run(path[1:], func(b *testing.B) {
					begun := cpu()
					for b.Loop() {
						res := request(b.Context(), h, token, http.MethodGet, path, nil)
						_ = res.Body.Close()
						if res.StatusCode != http.StatusOK {
							b.Skipf("%s: %s", path, res.Status)
						}
					}
					b.ReportMetric((cpu()-begun)/float64(b.N)*1e6, "cpu-µs/op")
				})
			}
		})
	}
}

// cpu is the processor time that the process has used, in seconds; the database of
// PostgreSQL is another process.
func cpu() float64 {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
}
