package run_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/rungate"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

// A check has secrets by reference, which are missed before anything is planned, and whose values
// nobody is told.
func TestAChecksSecretsAreReferences(t *testing.T) {
	t.Parallel()
	secrets, missing := &store{version: 1}, &known{all: map[string]bool{}}
	b := bench(t, checked(t), func(d *run.Deps) {
		stages := d.Stages.All()
		for i := range stages {
			stages[i].Verify[0].HTTP.Headers = map[string]string{"Authorization": "Bearer ${secret:smoke}", "X-A": "plain"}
		}
		set, err := stage.NewSet(stages)
		runtest.Must(t, err)
		d.Stages, d.Secrets, d.Gates = set, secrets, append(d.Gates, rungate.Secrets{Known: missing})
	})
	var mu sync.Mutex
	var sent []string
	b.Verifies = func(in run.CheckInput) run.CheckResult {
		mu.Lock()
		defer mu.Unlock()
		sent = append(sent, in.Check.HTTP.Headers["Authorization"]+"|"+in.Check.HTTP.Headers["X-A"])
		return run.CheckResult{Check: in.Check.Name, Passed: true, Message: "it answered " + in.Check.HTTP.Headers["Authorization"]}
	}
	b.Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Failed)
	if !blocked(r) || len(r.Failure.Problems) != 1 || r.Failure.Problems[0].String() != "stages.dev.verify.answers.headers.Authorization: a check of the stage: there is no secret smoke in dev (terrace secret set smoke --stage dev)" {
		t.Fatalf("without its secret: %+v", r.Failure)
	}
	missing.set("dev/smoke")
	r = b.Await(t, b.Deploy(t, "dev", "1.1").ID, run.Succeeded)
	mu.Lock()
	defer mu.Unlock()
	if len(sent) == 0 || sent[0] != "Bearer value 1 of smoke in dev|plain" {
		t.Errorf("it is sent %q", sent)
	}
	if len(r.Verification) != 1 || r.Verification[0].Message != "it answered Bearer [secret]" || strings.Contains(r.Verification[0].String(), "value 1") {
		t.Errorf("it is told %+v", r.Verification)
	}
}
