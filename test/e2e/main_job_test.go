package e2e_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/test/harness"
)

func TestMainJobOnSQLite(t *testing.T) {
	t.Parallel()
	mainJob(t)
}

func TestMainJobOnPostgres(t *testing.T) {
	t.Parallel()
	mainJob(t, "--database", dbtest.NewPostgres(t))
}

// journey is one service on its way through the stages.
type journey struct {
	harness.Person
	t        *testing.T
	ctx      context.Context //nolint:containedctx // a test's
	approver harness.Person
	// folder holds the scaffolded source.
	folder string
	// release and version are what is on its way.
	release, version string
}

// mainJob is what a user does on the first day.
func mainJob(t *testing.T, arguments ...string) {
	t.Helper()
	d := harness.Start(t, arguments...)
	j := &journey{t: t, ctx: t.Context(), Person: d.Project(t.Context(), t, "shop")}
	j.approver = j.Colleague(j.ctx, "grace", "approver")
	j.folder = filepath.Join(d.Dir, "orders")
	j.Must(j.ctx, "create", "go-service", "orders", "--into", j.folder, "--set", "costcenter=4711", "--set", "owner=shop")
	j.stagesComeInOrder()
	j.carryToProd()
	j.explainsItself()
	j.secondVersion()
	j.rollBack()
	j.Must(j.ctx, "audit", "verify")
	j.destroy()
	j.Must(j.ctx, "audit", "verify")
}

func (j *journey) score() string { return filepath.Join(j.folder, "score.yaml") }

// stagesComeInOrder asks for what must not be: no stage is jumped over.
func (j *journey) stagesComeInOrder() {
	j.t.Helper()
	refused(j.t, j.Terrace(j.ctx, "deploy", j.score(), "--stage", "prod", "-q"), 1, "prod", "promote")
	first := j.Succeed(j.ctx, "deploy", j.score(), "--stage", "dev", "--reason", "the first")
	j.release, j.version = first.Release.ID, first.Release.Version
	j.answers("dev")
	refused(j.t, j.Terrace(j.ctx, "promote", "orders", "--to", "qs", "-q"), 1, "int")
}

func (j *journey) carryToProd() {
	j.t.Helper()
	for _, stage := range []string{"test", "int"} {
		j.carries(j.Succeed(j.ctx, "promote", "orders", "--to", stage))
		j.answers(stage)
	}
	j.approve(j.wait("promote", "orders", "--to", "qs"))
	j.answers("qs")
	id := j.wait("promote", "orders", "--to", "prod")
	refused(j.t, j.Terrace(j.ctx, "run", "approve", id, "--yes"), 1, "other than who asked")
	refused(j.t, j.approver.Terrace(j.ctx, "run", "approve", id, "--digest", "sha256:"+strings.Repeat("0", 64)), 1, "digest")
	j.approve(id)
	j.answers("prod")
}

// wait starts a run that waits for an approval and returns its id.
func (j *journey) wait(args ...string) string {
	j.t.Helper()
	r, result := j.Start(j.ctx, args...)
	if result.Code != 5 || r.Status != "awaiting_approval" || !strings.Contains(result.Stderr, "terrace run approve "+r.ID) {
		j.t.Fatalf("terrace %s: run %s is %q: %s", strings.Join(args, " "), r.ID, r.Status, result)
	}
	return r.ID
}

func (j *journey) approve(id string) {
	j.t.Helper()
	j.carries(j.approver.Succeed(j.ctx, "run", "approve", id, "--yes", "--wait", "--reason", "seen"))
}

func (j *journey) carries(r harness.Run) {
	j.t.Helper()
	if r.Release.ID != j.release {
		j.t.Errorf("run %s carried release %s, not %s", r.ID, r.Release.ID, j.release)
	}
}

// answers visits the service as a user of it does, by DNS and the gateway.
func (j *journey) answers(stage string) harness.Answer {
	j.t.Helper()
	address, err := url.Parse(j.Address(j.ctx, "orders", stage))
	if err != nil || address.Scheme != "https" || address.Hostname() != "orders."+stage+".shop.localhost" {
		j.t.Fatalf("the address at %s is %v, %v", stage, address, err)
	}
	ips, code, err := j.Resolve(j.ctx, address.Hostname())
	if err != nil || code != "NOERROR" || len(ips) != 1 || ips[0] != "127.0.0.1" {
		j.t.Errorf("DNS says %v, %s, %v", ips, code, err)
	}
	a, err := j.Visit(j.ctx, address.Host, "/")
	if err != nil || a.Status != 200 {
		j.t.Fatalf("%s answers %d %s, %v", address, a.Status, a.Body, err)
	}
	if a.Service != "orders" || a.Stage != stage || a.Version != j.version || a.Release != j.release || a.ReleaseHeader != j.release {
		j.t.Errorf("at %s answers %s, header %s; want version %s, release %s", stage, a.Body, a.ReleaseHeader, j.version, j.release)
	}
	if !a.Secret.Present || a.Secret.Fingerprint == "" || !a.Cache.OK || a.Cache.Hits < 1 || !a.Topic.OK || a.Topic.Messages < 1 {
		j.t.Errorf("at %s secret, cache or topic do not work: %s", stage, a.Body)
	}
	return a
}

func (j *journey) explainsItself() {
	j.t.Helper()
	last := j.Runs(j.ctx, "orders")[0]
	says(j.t, j.Must(j.ctx, "explain", last.ID).Stdout, "promote of orders to prod has succeeded", "approved by grace", "6 to create")
	says(j.t, j.Must(j.ctx, "explain", "cache", "--workload", "orders", "--stage", "prod").Stdout, "terrace/redis/local", "local-redis")
	says(j.t, j.Must(j.ctx, "service", "logs", "orders", "--stage", "prod").Stdout, "the service starts")
}

// secondVersion goes to all stages; each keeps its secret and its cache.
func (j *journey) secondVersion() {
	j.t.Helper()
	if err := os.WriteFile(filepath.Join(j.folder, "VERSION"), []byte("0.2.0\n"), 0o600); err != nil {
		j.t.Fatal(err)
	}
	before := j.answers("dev")
	second := j.Succeed(j.ctx, "deploy", j.score(), "--stage", "dev")
	if second.Release.ID == j.release || second.Release.Number != 2 || second.Release.Version != "0.2.0" {
		j.t.Errorf("the second release is %+v", second.Release)
	}
	old := j.release
	j.release, j.version = second.Release.ID, "0.2.0"
	after := j.answers("dev")
	if after.Secret != before.Secret || after.Cache.Hits != before.Cache.Hits+1 || after.Topic.Messages != before.Topic.Messages+1 {
		j.t.Errorf("secret, cache or topic changed with the version: %s, before %s", after.Body, before.Body)
	}
	for _, stage := range []string{"test", "int"} {
		j.carries(j.Succeed(j.ctx, "promote", "orders", "--to", stage))
	}
	for _, stage := range []string{"qs", "prod"} {
		j.approve(j.wait("promote", "orders", "--to", stage))
	}
	j.answers("prod")
	j.release, j.version = old, "0.1.0"
}

// rollBack goes back to the first release where the second one was.
func (j *journey) rollBack() {
	j.t.Helper()
	j.carries(j.Succeed(j.ctx, "rollback", "orders", "--stage", "dev", "--reason", "errors since noon"))
	j.answers("dev")
	j.approve(j.wait("rollback", "orders", "--stage", "prod"))
	j.answers("prod")
}

// destroy leaves nothing of the service, but what has happened.
func (j *journey) destroy() {
	j.t.Helper()
	for _, stage := range []string{"dev", "test", "int"} {
		j.Succeed(j.ctx, "destroy", "orders", "--stage", stage, "--yes")
	}
	for _, stage := range []string{"qs", "prod"} {
		id := j.wait("destroy", "orders", "--stage", stage, "--yes")
		j.approver.Succeed(j.ctx, "run", "approve", id, "--yes", "--wait")
	}
	for _, stage := range []string{"dev", "test", "int", "qs", "prod"} {
		gone(j.t, j.Person, "orders."+stage+".shop.localhost")
	}
	noProcesses(j.t, j.Daemon)
}
