// Package statetest gives tests a whole state room: a service on a real
// database, sealed content in a folder, fences that a test moves, and the `http`
// backend on loopback.
package statetest

import (
	"context"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/delivery/state/stateapi"
	"github.com/terrace-idp/terrace/internal/delivery/state/statesql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/seal"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// Room is a running state room.
type Room struct {
	Service *state.Service
	Fences  *Fences
	Journal *Journal
	// Dir holds the sealed contents.
	Dir string
	// URL is the server's address; states are below stateapi.Path.
	URL    string
	Issuer *tokens.Issuer
}

// New starts a room on d.
func New(t testing.TB, d *db.DB) *Room {
	t.Helper()
	dir := t.TempDir()
	room := &Room{
		Fences: NewFences(), Journal: &Journal{}, Dir: filepath.Join(dir, "blobs"),
		Issuer: tokens.NewIssuer([]byte(strings.Repeat("k", 32)), nil),
	}
	sealer, err := seal.Open(context.Background(), seal.Config{URL: "file://" + filepath.Join(dir, "kek.key")})
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.Open(context.Background(), "file://"+room.Dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = blobs.Close(), sealer.Close() })
	room.Service = state.New(state.Config{
		Store: statesql.NewStore(d), Tx: d, Blobs: blobs, Sealer: sealer,
		Fences: room.Fences, Journal: room.Journal, Authorizer: Anyone{},
	})
	router := httpserver.NewRouter(httpserver.Options{Authenticator: httpserver.As(kernel.System("test", "acme"))})
	api := stateapi.API{State: room.Service, Tokens: room.Issuer}
	api.Mount(router)
	api.Register(httpserver.NewAPI(router, "test"))
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	room.URL = server.URL
	return room
}

// Contents returns the files with the sealed contents, in the order in which
// they were written.
func (r *Room) Contents(t testing.TB) (files []string) {
	t.Helper()
	err := filepath.WalkDir(r.Dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Token returns the token of a run that holds stack under fence.
func (r *Room) Token(t testing.TB, run, stack string, fence int64, phase string) string {
	t.Helper()
	scope, workload, err := state.SplitStack(stack)
	if err != nil {
		t.Fatal(err)
	}
	token, err := r.Issuer.Issue(tokens.Run{
		Run: run, Stack: stack, Scope: scope, Workload: workload, Fence: fence, Phase: phase, Cause: "evt_of_" + run, Expires: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Address returns where the state of stack is.
func (r *Room) Address(stack string) string { return r.URL + stateapi.Path + stack }

// Fences are leases that a test hands out. A stack's first fence is 1.
type Fences struct {
	mu      sync.Mutex
	current map[string]int64
	working map[string]string
}

// NewFences returns fences that all stand at 1.
func NewFences() *Fences { return &Fences{current: map[string]int64{}, working: map[string]string{}} }

// Next moves the stack's fence on, as a new holder's lease does, and returns it.
func (f *Fences) Next(stack string) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.current[stack] = max(f.current[stack], 1) + 1
	return f.current[stack]
}

// CheckFence returns a kernel.Stale error unless fence is the stack's current one.
func (f *Fences) CheckFence(_ context.Context, stack string, fence int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if current := max(f.current[stack], 1); fence != current {
		return kernel.Errorf(kernel.Stale, "fence %d of %s is not the current one, %d", fence, stack, current)
	}
	return nil
}

// Work says that a run works on the stack, "" that none does.
func (f *Fences) Work(stack, run string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.working[stack] = run
}

// Executing returns the run that Work named last.
func (f *Fences) Executing(_ context.Context, stack string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.working[stack], nil
}

// Given returns the stack's fence.
func (f *Fences) Given(_ context.Context, stack string) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return max(f.current[stack], 1), nil
}

// Journal keeps the facts it is told.
type Journal struct {
	mu      sync.Mutex
	facts   []kernel.Fact
	causes  []string
	refused int
}

// Refuse makes the next n calls of Record fail, and the mutations they belong to.
func (j *Journal) Refuse(n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.refused = n
}

// Record keeps f.
func (j *Journal) Record(ctx context.Context, f kernel.Fact) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.refused > 0 {
		j.refused--
		return kernel.Errorf(kernel.Refused, "the journal refuses %s, as the test told it to", f.Type)
	}
	j.facts, j.causes = append(j.facts, f), append(j.causes, kernel.CauseFrom(ctx))
	return nil
}

// Causes returns what has caused the facts, in order.
func (j *Journal) Causes() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.causes)
}

// Facts returns the facts, in order.
func (j *Journal) Facts() []kernel.Fact {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.facts)
}

// Types returns the types of the facts, in order.
func (j *Journal) Types() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	types := make([]string, len(j.facts))
	for i, f := range j.facts {
		types[i] = f.Type
	}
	return types
}

// Nobody allows nothing.
type Nobody struct{}

// Authorize denies.
func (Nobody) Authorize(_ context.Context, action string, _ kernel.Scope) error {
	return kernel.Errorf(kernel.Denied, "%s is not allowed", action)
}

// Anyone lets everybody do everything in their own tenant.
type Anyone struct{}

// Authorize refuses an actor of another tenant.
func (Anyone) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	if actor, _ := kernel.ActorFrom(ctx); actor.Tenant != scope.Tenant {
		return kernel.Errorf(kernel.Denied, "%s is not for tenant %q", action, actor.Tenant)
	}
	return nil
}

// String names the room in failures.
func (r *Room) String() string { return fmt.Sprintf("state room at %s, contents in %s", r.URL, r.Dir) }
