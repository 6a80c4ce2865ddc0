package runtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/rungate"
	"github.com/terrace-idp/terrace/internal/delivery/run/runjobs"
	"github.com/terrace-idp/terrace/internal/delivery/run/runlog"
	"github.com/terrace-idp/terrace/internal/delivery/run/runplan"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// patience bounds every wait of a test.
const patience = 60 * time.Second

// Bench is a run service with everything around it.
type Bench struct {
	*run.Service
	DB      *db.DB
	World   *World
	Journal *Journal
	Store   *runsql.Store
	Plans   *runplan.Plans
	Denied  map[string]bool
	// Gone are the ids of people who are kept out.
	Gone map[string]bool
	// Roles are the roles that people have, by name.
	Roles    map[string]string
	Verifies func(in run.CheckInput) run.CheckResult
	Releases *Releases
	// Folder has the blobs, plans among them, and the key that seals these.
	Folder string

	deps  run.Deps
	queue *runjobs.Queue
}

// Project is the project of the bench, Ada and Grace its people.
var (
	Project = kernel.Scope{Tenant: "acme", Project: "shop"}                                        //nolint:gochecknoglobals // a constant
	Ada     = kernel.Actor{ID: "usr_ada", Name: "ada", Kind: kernel.ActorUser, Tenant: "acme"}     //nolint:gochecknoglobals // a constant
	Grace   = kernel.Actor{ID: "usr_grace", Name: "grace", Kind: kernel.ActorUser, Tenant: "acme"} //nolint:gochecknoglobals // a constant
)

// Migrations are the tables that the bench needs besides River's.
func Migrations() []db.Migrations { return []db.Migrations{runsql.Migrations()} }

// New returns a bench over d whose queue does not work yet; options change what
// its service works with.
func New(t testing.TB, d *db.DB, options ...func(*run.Deps)) *Bench {
	t.Helper()
	dir := t.TempDir()
	sealer, err := seal.Open(t.Context(), seal.Config{URL: "file://" + filepath.Join(dir, "kek.key")})
	Must(t, err)
	blobs, err := blob.Open(t.Context(), "file://"+filepath.Join(dir, "blobs"), nil)
	Must(t, err)
	store := runsql.NewStore(d)
	logs, err := runlog.New(runlog.Config{Folder: filepath.Join(dir, "logs"), Sealer: sealer, Blobs: blobs, Index: store, Node: "laptop"})
	Must(t, err)
	stages, err := stage.NewSet(stage.Default())
	Must(t, err)
	b := &Bench{
		DB: d, World: NewWorld(), Journal: &Journal{}, Store: store, Plans: runplan.New(sealer, blobs),
		Denied: map[string]bool{}, Gone: map[string]bool{}, Folder: dir, Releases: &Releases{all: map[string]release.Release{}},
	}
	b.queue, err = runjobs.New(d, runjobs.Config{Poll: 10 * time.Millisecond})
	Must(t, err)
	Must(t, b.queue.Migrate(t.Context()))
	b.deps = run.Deps{
		Tx: d, Store: b.Store, Authorizer: b, Roles: b, Journal: b.Journal, Jobs: b, Releases: b.Releases, Catalog: b.Releases, Stages: stages,
		Projects: b, Renderer: Renderer{}, Planner: b.World, Tokens: b, State: b.World, Plans: b.Plans, Logs: logs,
		Verifier: b, Gates: []run.Gate{rungate.Tags{}}, Node: "laptop",
	}
	for _, option := range options {
		option(&b.deps)
	}
	b.Service, err = run.NewService(b.deps)
	Must(t, err)
	return b
}

// Start works the queue off until the test ends or Stop.
func (b *Bench) Start(t testing.TB) *Bench {
	t.Helper()
	Must(t, b.queue.Start(t.Context(), b.Service))
	t.Cleanup(func() { b.Stop(t) })
	return b
}

// Stop ends the work, as the end of a daemon does.
func (b *Bench) Stop(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	Must(t, b.queue.Stop(ctx))
}

// Restart returns the bench as a new process of the same node finds it. The
// old process is dead: whatever it still does is refused by its fence. With
// another node in the options it is a second one beside the first.
func (b *Bench) Restart(t testing.TB, options ...func(*run.Deps)) *Bench {
	t.Helper()
	next := *b
	var err error
	next.queue, err = runjobs.New(b.DB, runjobs.Config{Poll: 10 * time.Millisecond})
	Must(t, err)
	next.deps.Authorizer, next.deps.Roles, next.deps.Jobs = &next, &next, &next
	next.deps.Projects, next.deps.Tokens, next.deps.Verifier = &next, &next, &next
	for _, option := range options {
		option(&next.deps)
	}
	next.Service, err = run.NewService(next.deps)
	Must(t, err)
	return &next
}

// Authorize allows everything that is not in Denied.
func (b *Bench) Authorize(_ context.Context, action string, _ kernel.Scope) error {
	if b.Denied[action] {
		return kernel.Errorf(kernel.Denied, "%s is not allowed", action)
	}
	return nil
}

// Allowed allows all of what is not in Denied.
func (b *Bench) Allowed(_ context.Context, action string, _ kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: !b.Denied[action]}, nil
}

// HasRole looks into Roles.
func (b *Bench) HasRole(ctx context.Context, _ string, _ kernel.Scope, role string) (bool, error) {
	actor, _ := kernel.ActorFrom(ctx)
	return b.Roles[actor.Name] == role, nil
}

// Acting knows all who are not in Gone.
func (b *Bench) Acting(_ context.Context, tenant, user string) (kernel.Actor, error) {
	if b.Gone[user] {
		return kernel.Actor{}, kernel.Errorf(kernel.Unauthenticated, "%s is disabled", user)
	}
	return kernel.Actor{ID: user, Name: strings.TrimPrefix(user, "usr_"), Kind: kernel.ActorUser, Tenant: tenant}, nil
}

// Enqueue queues on River.
func (b *Bench) Enqueue(ctx context.Context, scope kernel.Scope, id string) error {
	return b.queue.Enqueue(ctx, scope, id)
}

// Tags are the project's: it has an owner, and no cost center.
func (b *Bench) Tags(context.Context, kernel.Scope) (run.TagSet, error) {
	return run.TagSet{Tags: []run.Tag{{Key: "owner", Value: "team", From: run.FromProject}}}, nil
}

// Issue returns a token that says what it is for.
func (b *Bench) Issue(_ context.Context, t run.TokenRequest) (string, error) {
	return fmt.Sprintf("%s %s %d", t.Run, t.Phase, t.Fence), nil
}

// Verify answers with Verifies, else that all is well.
func (b *Bench) Verify(_ context.Context, in run.CheckInput) run.CheckResult {
	if b.Verifies != nil {
		return b.Verifies(in)
	}
	return run.CheckResult{Check: in.Check.Name, URL: in.URL, Passed: true, Message: "status 200"}
}

// Journal keeps facts for the test.
type Journal struct {
	mu     sync.Mutex
	facts  []kernel.Fact
	causes []string
}

// Record keeps f.
func (j *Journal) Record(ctx context.Context, f kernel.Fact) error {
	if !db.InTransaction(ctx) {
		return errors.New("a fact outside of a transaction")
	}
	if _, ok := kernel.ActorFrom(ctx); !ok {
		return errors.New("a fact without an actor")
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.facts, j.causes = append(j.facts, f), append(j.causes, kernel.CauseFrom(ctx))
	return nil
}

// Types returns the types of the facts about a run, in order.
func (j *Journal) Types(id string) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var types []string
	for _, f := range j.facts {
		if f.Subject == id {
			types = append(types, f.Type)
		}
	}
	return types
}

// Expired returns the names of those whose approvals of a run facts tell to have expired.
func (j *Journal) Expired(id string) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var names []string
	for _, f := range j.facts {
		var data struct{ Expired []run.Lapse }
		if raw, err := json.Marshal(f.Data); err != nil || f.Subject != id || json.Unmarshal(raw, &data) != nil {
			continue
		}
		for _, l := range data.Expired {
			names = append(names, l.By.Name)
		}
	}
	return names
}

// Causes returns what caused the facts about a run, in their order.
func (j *Journal) Causes(id string) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var causes []string
	for i, f := range j.facts {
		if f.Subject == id {
			causes = append(causes, j.causes[i])
		}
	}
	return causes
}

// As returns a context that acts for a.
func As(a kernel.Actor) context.Context { return kernel.WithActor(context.Background(), a) }

// CostCenter is the annotation that Workload sets when it is given none.
const CostCenter = "    terrace.dev/costcenter: \"42\"\n"

// Workload returns the workload orders with a route and a cache; the lines go
// under its annotations.
func Workload(t testing.TB, annotations ...string) *workload.Workload {
	t.Helper()
	if len(annotations) == 0 {
		annotations = []string{CostCenter}
	}
	w, err := workload.Parse("score.yaml", []byte(`apiVersion: score.dev/v1b1
metadata:
  name: orders
  annotations:
`+strings.Join(annotations, "")+`containers:
  main:
    image: .
    readinessProbe: {httpGet: {path: /healthz, port: 8080}}
service: {ports: {web: {port: 8080}}}
resources:
  cache: {type: redis}
  web: {type: route, params: {port: 8080}}
`))
	Must(t, err)
	return w
}

// Deploy asks for a deployment by Ada and returns its run.
func (b *Bench) Deploy(t testing.TB, stageName, version string, annotations ...string) run.Run {
	t.Helper()
	r, err := b.Service.Deploy(As(Ada), Project, run.DeployRequest{Stage: stageName, Workload: Workload(t, annotations...), Version: version})
	Must(t, err)
	return r
}

// Promote asks for a promotion by Ada.
func (b *Bench) Promote(t testing.TB, to string) run.Run {
	t.Helper()
	r, err := b.Service.Promote(As(Ada), Project, run.ChangeRequest{Workload: "orders", Stage: to})
	Must(t, err)
	return r
}

// Events writes the run's log to write, as its reader does.
func (b *Bench) Events(ctx context.Context, scope kernel.Scope, id string, follow bool, write func(lines []byte) error) error {
	log, err := b.RunLog(ctx, scope, id)
	if err != nil {
		return err
	}
	return log.Events(ctx, follow, write)
}

// Await follows the run's log until the run has one of the statuses, or ended.
func (b *Bench) Await(t testing.TB, id string, statuses ...run.Status) run.Run {
	t.Helper()
	ctx, cancel := context.WithTimeout(As(Ada), patience)
	defer cancel()
	reached := errors.New("reached")
	err := b.Events(ctx, Project, id, true, func([]byte) error {
		if r, err := b.Get(ctx, Project, id); err != nil {
			return err
		} else if slices.Contains(statuses, r.Status) {
			return reached
		}
		return nil
	})
	if err != nil && !errors.Is(err, reached) {
		t.Fatalf("await %v of %s: %v", statuses, id, err)
	}
	r, err := b.Get(As(Ada), Project, id)
	Must(t, err)
	if len(statuses) > 0 && !slices.Contains(statuses, r.Status) {
		story, _ := json.MarshalIndent(r, "", "  ")
		t.Fatalf("%s is %s, want %v: %s", id, r.Status, statuses, story)
	}
	return r
}

// Now returns the run as it is.
func (b *Bench) Now(t testing.TB, id string) run.Run {
	t.Helper()
	r, err := b.Get(As(Ada), Project, id)
	Must(t, err)
	return r
}

// Must ends the test on an error.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
