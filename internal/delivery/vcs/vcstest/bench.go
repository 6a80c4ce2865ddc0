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
	"strings"
	"sync"
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
	b := &Bench{People: &People{}, Facts: &Facts{}, Runs: &Runs{runs: map[string]run.Run{}}}
	b.Service = vcs.New(vcs.Config{
		Store: vcssql.NewStore(d), Tx: d, Authorizer: b.People, Roles: b.People, Users: b.People, Journal: b.Facts, Sealer: sealer,
		Stages: stages{}, Runs: b.Runs, Git: git, Hosts: hosts, Dir: t.TempDir(), Address: "https://terrace.example.com",
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

// People are users whose name is their role: viewer, developer, approver, admin.
type People struct{}

// Password is everybody's.
const Password = "correct horse battery"

// As acts as a person of the tenant acme.
func As(ctx context.Context, name string) context.Context {
	return kernel.WithActor(ctx, person("acme", name))
}

func person(tenant, name string) kernel.Actor {
	return kernel.Actor{ID: "usr_" + name, Name: name, Kind: kernel.ActorUser, Tenant: tenant}
}

// Named knows everybody but nobody.
func (*People) Named(_ context.Context, tenant, name string) (kernel.Actor, error) {
	if name == "nobody" {
		return kernel.Actor{}, kernel.Errorf(kernel.NotFound, "there is no user nobody")
	}
	return person(tenant, name), nil
}

// Acting knows everybody that Named does.
func (p *People) Acting(ctx context.Context, tenant, id string) (kernel.Actor, error) {
	return p.Named(ctx, tenant, strings.TrimPrefix(id, "usr_"))
}

// Authenticate takes terr_TENANT_NAME.
func (*People) Authenticate(_ context.Context, bearer string) (kernel.Actor, error) {
	if p := strings.SplitN(bearer, "_", 3); len(p) == 3 && p[0] == "terr" {
		return person(p[1], p[2]), nil
	}
	return kernel.Actor{}, kernel.Errorf(kernel.Unauthenticated, "the token is not valid")
}

// CheckPassword takes the one password.
func (*People) CheckPassword(_ context.Context, tenant, name, password string) (kernel.Actor, error) {
	if password == Password {
		return person(tenant, name), nil
	}
	return kernel.Actor{}, kernel.Errorf(kernel.Unauthenticated, "the user name or the password is wrong")
}

// Authorize goes by the name.
func (*People) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	actor, ok := kernel.ActorFrom(ctx)
	read := strings.HasSuffix(action, ".read")
	admin := slices.Contains([]string{"repo.connect", "repo.bind", "repo.delete"}, action)
	switch {
	case !ok:
		return kernel.Errorf(kernel.Unauthenticated, "nobody is signed in")
	case actor.Tenant != scope.Tenant:
		return kernel.Errorf(kernel.NotFound, "the project %s does not exist", scope.Project)
	case actor.Kind == kernel.ActorSystem || actor.Name == "admin" || read || actor.Name == "developer" && !admin:
		return nil
	default:
		return kernel.Errorf(kernel.Denied, "%s may not do %s", actor.Name, action)
	}
}

// HasRole goes by the name.
func (*People) HasRole(ctx context.Context, _ kernel.Scope, role string) (bool, error) {
	actor, _ := kernel.ActorFrom(ctx)
	return actor.Name == role || actor.Name == "admin", nil
}

// Facts are what was recorded.
type Facts struct {
	mu     sync.Mutex
	all    []kernel.Fact
	causes []string
}

// Record keeps a fact.
func (f *Facts) Record(ctx context.Context, fact kernel.Fact) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all, f.causes = append(f.all, fact), append(f.causes, kernel.CauseFrom(ctx))
	return nil
}

// Causes returns what has caused the facts of a type.
func (f *Facts) Causes(kind string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for i, fact := range f.all {
		if fact.Type == kind {
			out = append(out, f.causes[i])
		}
	}
	return out
}

// Of returns the facts of a type.
func (f *Facts) Of(kind string) []kernel.Fact {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.all), func(k kernel.Fact) bool { return k.Type != kind })
}

// Runs are runs that wait until a test ends them.
type Runs struct {
	mu       sync.Mutex
	runs     map[string]run.Run
	order    []string
	Canceled []string
	// Refuse, where it is set, is asked about each deployment.
	Refuse func(d run.DeployRequest) error
	// Dossiers are what runs of a stage tell.
	Dossier run.Dossier
}

// Deploy queues a run.
func (r *Runs) Deploy(ctx context.Context, scope kernel.Scope, d run.DeployRequest) (run.Run, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Refuse != nil {
		if err := r.Refuse(d); err != nil {
			return run.Run{}, err
		}
	}
	actor, _ := kernel.ActorFrom(ctx)
	made := run.Run{
		ID: kernel.NewID("run"), Scope: scope.InStage(d.Stage), Workload: d.Workload.Name, Operation: run.Deploy, DryRun: d.DryRun,
		Status: run.Queued, RequestedBy: actor, Reason: d.Reason,
	}
	r.runs[made.ID] = made
	r.order = append(r.order, made.ID)
	return made, nil
}

// Get returns a run.
func (r *Runs) Get(_ context.Context, _ kernel.Scope, id string) (run.Run, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found, ok := r.runs[id]
	if !ok {
		return found, kernel.Errorf(kernel.NotFound, "run %s does not exist", id)
	}
	return found, nil
}

// GetDossier returns the one dossier.
func (r *Runs) GetDossier(context.Context, kernel.Scope, string) (run.Dossier, kernel.Digest, error) {
	return r.Dossier, "sha256:1", nil
}

// List returns all runs.
func (r *Runs) List(context.Context, kernel.Scope, run.Filter, kernel.PageRequest) (kernel.Page[run.Run], error) {
	return kernel.Page[run.Run]{Items: r.All()}, nil
}

// Cancel ends a run.
func (r *Runs) Cancel(_ context.Context, _ kernel.Scope, id, _ string, _ bool) (run.Run, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Canceled = append(r.Canceled, id)
	return r.end(id, run.Canceled)
}

func (r *Runs) end(id string, status run.Status) (run.Run, error) {
	found := r.runs[id]
	if found.Status.Terminal() {
		return found, kernel.Errorf(kernel.Conflict, "%s has ended", id)
	}
	found.Status, found.Dossier = status, "sha256:1"
	if status == run.Failed {
		found.Failure = &run.Failure{Phase: "apply", Message: "the database is too small", Fix: "make it larger"}
	}
	r.runs[id] = found
	return found, nil
}

// End ends a run with a status.
func (r *Runs) End(t testing.TB, id string, status run.Status) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.end(id, status); err != nil {
		t.Fatal(err)
	}
}

// All returns the runs in their order.
func (r *Runs) All() []run.Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]run.Run, 0, len(r.order))
	for _, id := range r.order {
		all = append(all, r.runs[id])
	}
	return all
}

// Waiting returns the newest run of a stage that has not ended, once there is one.
func (r *Runs) Waiting(t testing.TB, stage string) run.Run {
	t.Helper()
	var found run.Run
	Eventually(t, "a run on "+stage, func() bool {
		for _, one := range r.All() {
			if one.Scope.Stage == stage && !one.Status.Terminal() {
				found = one
			}
		}
		return found.ID != ""
	})
	return found
}

// Score is a workload's file.
func Score(name, image string) string {
	return fmt.Sprintf("apiVersion: score.dev/v1b1\nmetadata:\n  name: %s\ncontainers:\n  main:\n    image: %s\n", name, image)
}
