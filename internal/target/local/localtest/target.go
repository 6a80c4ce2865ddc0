package localtest

import (
	"context"
	"encoding/base64"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/seal"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
	"github.com/terrace-idp/terrace/internal/target/local/process"
)

// Target is a local target with its edges.
type Target struct {
	*local.Service

	Config    local.Config
	Artifacts *Artifacts
	Secrets   *Secrets
	DNS       *DNS
	Gateway   *Gateway
	Topics    *Topics
	Configs   *Configs
	Documents *Documents
	Fences    *Fences
	Journal   *Journal
}

// Config returns a configuration on d with everything at its edges in memory,
// in a quick rhythm.
func Config(d *db.DB, dir string) local.Config {
	return local.Config{
		Dir: dir, Store: localsql.NewStore(d, Sealer()), Tx: d,
		Journal: &Journal{}, Authorizer: Anyone{}, Fences: &Fences{}, Artifacts: &Artifacts{},
		Secrets: &Secrets{}, DNS: &DNS{}, Gateway: &Gateway{}, Topics: &Topics{}, Configs: &Configs{}, Documents: &Documents{},
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Timing: process.Timing{
			ProbeStart: 10 * time.Millisecond, ProbePeriod: 20 * time.Millisecond, Grace: 5 * time.Second,
			BackoffFirst: 10 * time.Millisecond, BackoffMost: 50 * time.Millisecond, Settle: 50 * time.Millisecond,
		},
	}
}

// Sealer seals with a key that everybody has.
func Sealer() *seal.Sealer {
	s, err := seal.Open(context.Background(), seal.Config{URL: "base64key://" + base64.URLEncoding.EncodeToString(make([]byte, 32))})
	if err != nil {
		panic(err) // the key is good
	}
	return s
}

// Start starts a target with the configuration and closes it after the test.
func Start(t testing.TB, c local.Config) *Target {
	t.Helper()
	s, err := local.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the target: %v", err)
		}
	})
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return &Target{
		Service: s, Config: c, Artifacts: c.Artifacts.(*Artifacts), Secrets: c.Secrets.(*Secrets), DNS: c.DNS.(*DNS), //nolint:forcetypeassert // set by Config
		Gateway: c.Gateway.(*Gateway), Topics: c.Topics.(*Topics), Configs: c.Configs.(*Configs), Documents: c.Documents.(*Documents), Fences: c.Fences.(*Fences), Journal: c.Journal.(*Journal), //nolint:forcetypeassert // set by Config
	}
}

// Scope is a stage of the tests' tenant.
func Scope(stage string) kernel.Scope {
	return kernel.Scope{Tenant: "acme", Project: "shop", Stage: stage}
}

// Caller is a run of a workload's stack that applies.
func Caller(stage, workload string) local.Caller {
	return local.Caller{Scope: Scope(stage), Stack: "acme/shop/" + workload + "/" + stage, Fence: 1, MayWrite: true}
}

// Eventually waits until check returns "", which otherwise says what is missing. It outlasts
// the longest pause between two tries of what cannot be brought back.
func Eventually(t testing.TB, check func() string) {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	for {
		missing := check()
		if missing == "" {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("in vain: %s", missing)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
