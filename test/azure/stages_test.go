package azure_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"
)

// parallelism is how many resources terraform works on at a time: azurerm waits
// minutes for each policy to be known everywhere, and those waits go together.
const parallelism = "-parallelism=60"

// stages are the five, in their order.
func stages() []string { return []string{"dev", "test", "int", "qs", "prod"} }

// least is how many resources a stage has at least.
func least(stage string) int {
	if stage == "prod" {
		return 120
	}
	return 80
}

// row is a line of the table.
type row struct {
	stage, second string
	resources     int
	seconds       float64
}

// table collects the rows of stages that run side by side.
type table struct {
	mu   sync.Mutex
	rows []row
}

func (b *table) add(r row) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows = append(b.rows, r)
}

func (b *table) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	slices.SortFunc(b.rows, func(x, y row) int { return slices.Index(stages(), x.stage) - slices.Index(stages(), y.stage) })
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 3, ' ', 0)
	_, _ = fmt.Fprintln(w, "STAGE\tRESOURCES\tSECONDS\tSECOND PLAN")
	for _, r := range b.rows {
		_, _ = fmt.Fprintf(w, "%s\t%d\t%.0f\t%s\n", r.stage, r.resources, r.seconds, r.second)
	}
	_ = w.Flush()
	return text.String()
}

// TestStages takes every stage from an empty subscription of its own through the
// bootstrap and the landing zone back to nothing, by the commands of the
// workflows and with what the workflows sign in as.
func TestStages(t *testing.T) {
	t.Parallel()
	s := tools(t)
	var results table
	t.Cleanup(func() { t.Logf("\n%s", results.String()) })
	for _, stage := range stages() {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			results.add(s.stage(t, stage))
		})
	}
}

func (s toolset) stage(t *testing.T, stage string) row {
	t.Helper()
	start := time.Now()
	sim := simulate(t)
	made := s.bootstrap(t, sim, stage, "other")
	before := sim.resources(t)
	s.signIns(t, sim, made, stage)
	l := landing{toolset: s, stage: stage, dir: copied(t), sim: sim, env: made.job(t, sim, stage), reader: made.job(t, sim, stage+"-plan")}
	result := l.whole(t)
	if after := sim.resources(t); !slices.Equal(before, after) {
		t.Errorf("the stage left something behind: %v", slices.DeleteFunc(after, func(id string) bool { return slices.Contains(before, id) }))
	}
	result.seconds = time.Since(start).Seconds()
	return result
}

// landing is one stage's landing zone.
type landing struct {
	toolset
	stage, dir string
	sim        *simulator
	// env signs in to apply, reader to plan.
	env, reader []string
}

func (l landing) tf(t *testing.T, args ...string) string {
	t.Helper()
	return l.must(t, l.dir, l.env, l.terraform, args...)
}

func (l landing) variables() string {
	return "-var-file=" + filepath.Join("environments", l.stage, "variables.tfvars")
}

// whole is the life of a landing zone.
func (l landing) whole(t *testing.T) row {
	t.Helper()
	l.tf(t, "init", "-no-color", "-backend-config="+filepath.Join("environments", l.stage, "backend.tfvars"))
	l.tf(t, "plan", l.variables(), "-no-color", "-out=first")
	planned := l.plan(t, "first")
	l.tagged(t, planned)
	l.applyTwice(t)
	result := row{stage: l.stage, resources: l.count(t), second: "empty"}
	if result.resources < least(l.stage) {
		t.Errorf("%d resources, want at least %d", result.resources, least(l.stage))
	}
	if out, err := l.run(t, l.dir, l.env, l.terraform, "plan", l.variables(), "-no-color", "-detailed-exitcode"); err != nil {
		result.second = "NOT EMPTY"
		t.Errorf("the second plan is not empty: %v\n%s", err, out)
	}
	// What a pull request's job may do is enough for its plan.
	l.must(t, l.dir, l.reader, l.terraform, "plan", l.variables(), "-lock=false", "-refresh=false", "-no-color", "-detailed-exitcode")
	l.drift(t)
	l.tf(t, "destroy", l.variables(), "-auto-approve", "-no-color", parallelism)
	return result
}

// count is how many resources the state has; data sources are none.
func (l landing) count(t *testing.T) int {
	t.Helper()
	n := 0
	for line := range strings.Lines(l.tf(t, "state", "list")) {
		if !strings.Contains(line, "data.") {
			n++
		}
	}
	return n
}
