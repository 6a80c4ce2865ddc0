package run_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/rungate"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// known are the secrets that there are, as STAGE/NAME.
type known struct {
	mu  sync.Mutex
	all map[string]bool
}

func (k *known) Missing(_ context.Context, scope kernel.Scope, r secretref.Reference) (*kernel.Problem, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.all[scope.Stage+"/"+r.Name] {
		return nil, nil
	}
	return &kernel.Problem{Message: "there is no secret " + r.Name + " in " + scope.Stage, Fix: "terrace secret set " + r.Name + " --stage " + scope.Stage}, nil
}

func (k *known) Unvaulted(ctx context.Context, scope kernel.Scope, r secretref.Reference) (*kernel.Problem, bool, error) {
	p, err := k.Missing(ctx, scope, r)
	return p, k.all["vault"], err
}

func (k *known) Value(context.Context, kernel.Scope, secretref.Reference, string) (string, int, error) {
	return "", 0, kernel.Errorf(kernel.NotFound, "nothing is read here")
}

func (k *known) set(name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all[name] = true
}

const referring = `apiVersion: score.dev/v1b1
metadata: {name: orders, annotations: {terrace.dev/costcenter: "4711"}}
containers:
  main:
    image: registry.example.com/orders:1
    variables:
      KEY: "key=${secret:api-key}"
`

func TestAMissingSecretIsToldEarly(t *testing.T) {
	t.Parallel()
	secrets := &known{all: map[string]bool{}}
	b := bench(t, func(d *run.Deps) { d.Secrets, d.Gates = secrets, append(d.Gates, rungate.Secrets{Known: secrets}) }).Start(t)
	w, err := workload.Parse("score.yaml", []byte(referring))
	runtest.Must(t, err)
	ask := func(dry bool) (run.Run, error) {
		return b.Service.Deploy(runtest.As(runtest.Ada), runtest.Project, run.DeployRequest{Stage: "dev", Workload: w, DryRun: dry})
	}
	_, err = ask(false)
	refused, is := errors.AsType[*kernel.Error](err)
	if want := "score.yaml:7:17: containers.main.variables.KEY: there is no secret api-key in dev (terrace secret set api-key --stage dev)"; !is ||
		refused.Kind != kernel.Refused || len(refused.Problems) != 1 || refused.Problems[0].String() != want {
		t.Fatalf("deployed: %v", err)
	}
	dry, err := ask(true)
	runtest.Must(t, err)
	if dry = b.Await(t, dry.ID, run.PlannedOnly); !blocked(dry) {
		t.Errorf("a dry run says nothing: %+v", dry.Gates)
	}
	for _, g := range dry.Gates { // a release has the workload in lines that nobody wrote: no place is better than one of these
		if g.Gate == run.SecretsGate && (len(g.Problems) != 1 || !strings.HasPrefix(g.Problems[0].String(), "containers.main.variables.KEY: there is no secret")) {
			t.Errorf("a dry run says %+v", g.Problems)
		}
	}
	b.Denied["workload.read"] = true // who may not know is not told, and nothing is applied all the same
	hidden, err := ask(false)
	runtest.Must(t, err)
	delete(b.Denied, "workload.read")
	if hidden = b.Await(t, hidden.ID, run.Failed); !strings.Contains(hidden.Failure.Message, "a reference is to a secret that is not in dev") {
		t.Errorf("%+v", hidden.Failure)
	}
	secrets.set("dev/api-key")
	first, err := ask(false)
	runtest.Must(t, err)
	b.Await(t, first.ID, run.Succeeded)
	if r := b.Await(t, b.Promote(t, "test").ID, run.Failed); !blocked(r) || r.Failure.Phase != "gates" || r.Failure.Problems[0].Fix != "terrace secret set api-key --stage test" {
		t.Errorf("promoted: %+v", r.Failure)
	}
	secrets.set("test/api-key")
	b.Await(t, b.Promote(t, "test").ID, run.Succeeded)
}

func blocked(r run.Run) bool {
	for _, g := range r.Gates {
		if g.Gate == run.SecretsGate {
			return g.Blocks()
		}
	}
	return false
}

const caching = `apiVersion: score.dev/v1b1
metadata: {name: orders, annotations: {terrace.dev/costcenter: "4711"}}
containers:
  main: {image: "registry.example.com/orders:1"}
resources:
  cache: {type: redis}
`

// What a definition gives to a module is asked for before anything is planned.
func TestAMissingSecretOfADefinitionIsToldBeforeThePlan(t *testing.T) {
	t.Parallel()
	secrets := &known{all: map[string]bool{}}
	h := &handed{store: &store{}, files: map[string]string{}}
	b := bench(t, func(d *run.Deps) {
		h.Planner = d.Planner
		d.Secrets, d.Planner, d.Gates = secrets, h, append(d.Gates, rungate.Secrets{Known: secrets, Definitions: d.Catalog})
	}).Start(t)
	b.Releases.Given = "api-key"
	w, err := workload.Parse("score.yaml", []byte(caching))
	runtest.Must(t, err)
	ask := func(dry bool) (run.Run, error) {
		return b.Service.Deploy(runtest.As(runtest.Ada), runtest.Project, run.DeployRequest{Stage: "dev", Workload: w, DryRun: dry})
	}
	const place = "redis-local.yaml:4:38: spec.inputs.token: the definition redis-local for redis.default#orders.cache: there is no secret api-key in "
	_, err = ask(false)
	refused, is := errors.AsType[*kernel.Error](err)
	if !is || refused.Kind != kernel.Refused || len(refused.Problems) != 1 || refused.Problems[0].String() != place+"dev (terrace secret set api-key --stage dev)" {
		t.Fatalf("deployed: %v", err)
	}
	dry, err := ask(true)
	runtest.Must(t, err)
	if dry = b.Await(t, dry.ID, run.PlannedOnly); !blocked(dry) {
		t.Errorf("a dry run says nothing: %+v", dry.Gates)
	}
	secrets.set("dev/api-key")
	first, err := ask(false)
	runtest.Must(t, err)
	b.Await(t, first.ID, run.Succeeded)
	r := b.Await(t, b.Promote(t, "test").ID, run.Failed)
	if !blocked(r) || r.Failure.Phase != "gates" || len(r.Failure.Problems) != 1 || r.Failure.Problems[0].String() != place+"test (terrace secret set api-key --stage test)" {
		t.Errorf("promoted: %+v, %+v", r.Failure, r.Gates)
	}
	h.mu.Lock()
	if _, planned := h.files[r.ID+" plan"]; planned {
		t.Error("it was planned before")
	}
	h.mu.Unlock()
	secrets.set("test/api-key")
	b.Await(t, b.Promote(t, "test").ID, run.Succeeded)
}

// configured has what the dynamic configuration of a workload lacks, once it asks for it.
type configured struct {
	*known

	asks bool
}

func (c *configured) Asks(context.Context, kernel.Scope, string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asks, nil
}

func (c *configured) Lacks(ctx context.Context, scope kernel.Scope, _ string) ([]kernel.Problem, error) {
	p, err := c.Missing(ctx, scope, secretref.Reference{Name: "payment"})
	if err != nil || p == nil {
		return nil, err
	}
	return []kernel.Problem{*p}, nil
}

// What a workload would not get of its configuration is told as other references are, and
// only to one that asks for it.
func TestWhatConfigurationLacksIsToldByTheGate(t *testing.T) {
	t.Parallel()
	c := &configured{known: &known{all: map[string]bool{}}}
	b := bench(t, func(d *run.Deps) {
		d.Secrets, d.Gates = c.known, append(d.Gates, rungate.Secrets{Known: c.known, Configs: c})
	}).Start(t)
	w, err := workload.Parse("score.yaml", []byte(caching))
	runtest.Must(t, err)
	deploy := func(status run.Status) run.Run {
		t.Helper()
		r, err := b.Service.Deploy(runtest.As(runtest.Ada), runtest.Project, run.DeployRequest{Stage: "dev", Workload: w})
		runtest.Must(t, err)
		return b.Await(t, r.ID, status)
	}
	deploy(run.Succeeded)
	c.mu.Lock()
	c.asks = true
	c.mu.Unlock()
	if r := deploy(run.Failed); !blocked(r) || len(r.Failure.Problems) != 1 || r.Failure.Problems[0].Fix != "terrace secret set payment --stage dev" {
		t.Errorf("%+v", r.Failure)
	}
	c.set("dev/payment")
	deploy(run.Succeeded)
}
