package waf_test

import (
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/waftest"
)

// strictest is how the rule set's own tests want it set up.
const strictest = `{
	"mode": "Detection", "paranoiaLevel": 4, "methods": ["GET", "HEAD", "POST", "OPTIONS"],
	"body": {"limit": 1048576, "contentTypes": ["*/*"]}, "response": {"limit": 1048576},
	"rules": "SecAction \"id:1,phase:1,pass,nolog,t:none,setvar:tx.crs_validate_utf8_encoding=1,setvar:tx.arg_name_length=100,setvar:tx.arg_length=400,setvar:tx.total_arg_length=64000,setvar:tx.max_num_args=255,setvar:tx.max_file_size=64100,setvar:tx.combined_file_sizes=65535\""
}`

const page = "../../../../../docs/reference/waf-conformance.md"

// lanes is how many tests run at once, with one engine.
const lanes = 16

// verdict is what came of one of the rule set's tests.
type verdict struct {
	name, why string
	// stopped tells that the gateway refused the request before the firewall saw it.
	stopped bool
}

// TestRuleSetsOwnTests runs the rule set's regression tests through a front and
// a service. The rest of them stands in the reference; UPDATE=1 writes it.
func TestRuleSetsOwnTests(t *testing.T) {
	if testing.Short() {
		t.Skip("all requests of the rule set take a while")
	}
	t.Parallel()
	cases := waftest.Cases(t)
	verdicts := make([]verdict, len(cases))
	log := &records{}
	kind := waf.NewKind(slog.New(log), nil, nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	for i := range lanes {
		f := lane(t, kind, log, nil, fmt.Sprintf("lane-%d", i), strictest, nil)
		wg.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(cases); i = next.Add(1) - 1 {
				verdicts[i] = f.try(t, cases[i])
			}
		})
	}
	wg.Wait()
	var failed, stopped []verdict
	for _, v := range verdicts {
		switch {
		case v.stopped:
			stopped = append(stopped, v)
		case v.why != "":
			failed = append(failed, v)
		}
	}
	apply := len(cases) - len(stopped)
	if share := float64(apply-len(failed)) / float64(apply); share < 0.995 {
		t.Errorf("%.2f %% of the tests that apply hold", 100*share)
	}
	got := table(len(cases), failed, stopped)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(page, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil || string(want) != got {
		t.Errorf("docs/reference/waf-conformance.md is not what the tests say: write it with UPDATE=1 (%v)\n%s", err, got)
	}
}

// try runs one test; why is empty where it holds.
func (f *fixture) try(t *testing.T, c waftest.Case) verdict {
	t.Helper()
	v := verdict{name: c.Name}
	for _, s := range c.Stages {
		before := f.count()
		f.log.take(f.route)
		status, _ := f.send(t, s.Input.Wire(t))
		if f.count() == before {
			v.stopped = s.Output.Status != status
			v.why = fmt.Sprintf("answered %d by the gateway itself", status)
			if !v.stopped {
				v.why = ""
			}
			return v
		}
		if why := wrong(c.Rule, s.Output, status, f.log.take(f.route)); why != "" {
			v.why = why
		}
	}
	return v
}

func wrong(rule int, want waftest.Output, status int, log []map[string]any) string {
	var ids []int
	for _, line := range log {
		if found, ok := line["rules"].([]int); ok {
			ids = append(ids, found...)
		}
	}
	expected, unexpected := want.Log.Expect, want.Log.NoExpect
	if want.Log.Match != "" { // a line about the rule, in the form of another server's log
		expected = append(expected, rule)
	}
	if want.Log.NoMatch != "" {
		unexpected = append(unexpected, rule)
	}
	for _, id := range expected {
		if !slices.Contains(ids, id) {
			return fmt.Sprintf("rule %d found nothing", id)
		}
	}
	for _, id := range unexpected {
		if slices.Contains(ids, id) {
			return fmt.Sprintf("rule %d found something", id)
		}
	}
	if want.Status != 0 && want.Status != status {
		return fmt.Sprintf("answered %d, not %d", status, want.Status)
	}
	return ""
}

func table(all int, failed, stopped []verdict) string {
	var b strings.Builder
	apply := all - len(stopped)
	fmt.Fprintf(&b, `# The firewall and the rule set's own tests

Written by the test that runs them: the regression tests of the OWASP Core Rule Set, as the module of the rule set ships them, as bytes over a
connection to the gateway, with a service behind it, at paranoia level 4.

| | tests |
|---|---|
| in all | %d |
| hold | %d |
| do not hold | %d |
| do not apply | %d |

Of those that apply, %.2f %% hold.

## Tests that do not hold

| test | what came |
|---|---|
`, all, apply-len(failed), len(failed), len(stopped), 100*float64(apply-len(failed))/float64(apply))
	rows(&b, failed)
	b.WriteString(`
## Tests that do not apply

The gateway refuses these requests before any rule sees them, for it is stricter than the servers that the tests were written for: what can be
read in two ways, names no host, or is not HTTP as RFC 9112 has it, reaches neither rules nor services.

| test | what came |
|---|---|
`)
	rows(&b, stopped)
	return b.String()
}

func rows(b *strings.Builder, list []verdict) {
	for _, v := range list {
		fmt.Fprintf(b, "| %s | %s |\n", v.name, v.why)
	}
}
