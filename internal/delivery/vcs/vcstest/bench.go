// Package vcstest gives tests of repositories a bench: the real service on a real
// database with real git, and hand-written runs in the place of delivery/run.
//
// It owns the fakes at that edge and the people of a test.
package vcstest

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// Shop is the project of the tests.
func Shop() kernel.Scope { return kernel.Scope{Tenant: "acme", Project: "shop"} }

// Bench is a service with what is around it.
type Bench struct {
	*vcs.Service
	People *People
	Facts  *Facts
	Runs   *Runs
	// Secrets are those that tokens may refer to.
	Secrets *Secrets
	// Suspended says whether nobody works in the tenant.
	Suspended *Suspended
}

// Suspended says whether nobody works in the tenant of the tests.
type Suspended struct{ atomic.Bool }

// Resting implements vcs.Tenants.
func (s *Suspended) Resting(context.Context) (map[string]bool, error) {
	return map[string]bool{Shop().Tenant: s.Load()}, nil
}

// New returns a bench on SQLite with providers beside the hosted one.
func New(t testing.TB, hosts map[vcs.Provider]vcs.Host) *Bench {
	t.Helper()
	return On(t, dbtest.SQLite(t, vcssql.Migrations()), hosts)
}

// On returns a bench on a database.
func On(t testing.TB, d *db.DB, hosts map[vcs.Provider]vcs.Host) *Bench {
	t.Helper()
	git, err := gitexec.Find()
	if err != nil {
		t.Skip(err)
	}
	sealer, err := seal.Open(context.Background(), seal.Config{URL: "file://" + filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sealer.Close() })
	b := &Bench{People: &People{}, Facts: &Facts{}, Runs: &Runs{runs: map[string]run.Run{}}, Secrets: &Secrets{}, Suspended: &Suspended{}}
	b.Service = vcs.New(vcs.Config{
		Store: vcssql.NewStore(d), Tx: d, Authorizer: b.People, Roles: b.People, Users: b.People, Journal: b.Facts, Sealer: sealer, Secrets: b.Secrets,
		Stages: stages{}, Runs: b.Runs, Git: git, Hosts: hosts, Dir: t.TempDir(), Address: "https://terrace.example.com", Tenants: b.Suspended, Rest: 50 * time.Millisecond,
	})
	return b
}

// Watch runs the service's loop until the test ends.
func (b *Bench) Watch(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Service.Watch(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the loop ended with %v", err)
		}
	})
}

// Eventually waits until ok, for at most half a minute.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("it did not happen: %s", what)
		}
		<-time.After(20 * time.Millisecond)
	}
}

type stages struct{}

// Check knows dev, test and prod.
func (stages) Check(name string) error {
	if slices.Contains([]string{"dev", "test", "prod"}, name) {
		return nil
	}
	return kernel.Errorf(kernel.NotFound, "there is no stage %q", name)
}

// Score is a workload's file.
func Score(name, image string) string {
	return fmt.Sprintf("apiVersion: score.dev/v1b1\nmetadata:\n  name: %s\ncontainers:\n  main:\n    image: %s\n", name, image)
}
