package runner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/delivery/state/statesql"
	"github.com/terrace-idp/terrace/internal/delivery/state/statetest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

const stack = "acme/shop/orders/dev"

// bench is a runner with a state room to talk to.
type bench struct {
	*runner.Runner
	room  *statetest.Room
	plans *plans
}

// plans keeps the plans that were made, by their digests.
type plans struct {
	mu   sync.Mutex
	kept map[kernel.Digest][]byte
}

func (p *plans) keep(ctx context.Context, plan runner.PlanFile) error {
	r, err := plan.Open(ctx)
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(r)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept[plan.Digest] = raw
	return errors.Join(err, r.Close())
}

// planned is a plan file with the content.
func planned(content string) runner.PlanFile {
	return runner.PlanFile{Digest: kernel.DigestOf([]byte(content)), Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(content)), nil
	}}
}

// kept is the plan that was made, as Apply wants it.
func (b bench) kept(made runner.PlanResult) runner.PlanFile {
	return runner.PlanFile{Digest: made.Digest, Open: func(context.Context) (io.ReadCloser, error) {
		b.plans.mu.Lock()
		defer b.plans.mu.Unlock()
		return io.NopCloser(bytes.NewReader(b.plans.kept[made.Digest])), nil
	}}
}

func tool(t testing.TB) runner.Tool {
	t.Helper()
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		for _, name := range []string{"terraform", "tofu"} {
			if found, err := runner.Find(context.Background(), runner.Options{Path: filepath.Join(dir, name)}); err == nil {
				return found
			}
		}
	}
	t.Skip("neither terraform nor tofu is on PATH")
	return runner.Tool{}
}

func newBench(t testing.TB) bench {
	t.Helper()
	room := statetest.New(t, dbtest.SQLite(t, statesql.Migrations()))
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return bench{room: room, plans: &plans{kept: map[kernel.Digest][]byte{}}, Runner: runner.New(runner.Config{Tool: tool(t), DataDir: dir, Address: room.URL})}
}

// job is a job of run on the stack with one root module in JSON.
func (b bench) job(t testing.TB, run, stack, phase, root string) runner.Job {
	t.Helper()
	return runner.Job{
		RunID: run, Stack: stack, Files: map[string][]byte{"main.tf.json": []byte(root)},
		Token: b.room.Token(t, run, stack, 1, phase), KeepPlan: b.plans.keep,
	}
}

func (b bench) plan(t testing.TB, run, stack, root string) runner.PlanResult {
	t.Helper()
	result, err := b.Plan(context.Background(), b.job(t, run, stack, tokens.PhasePlan, root), nil)
	if err != nil {
		t.Fatalf("plan: %v", err)
	}
	return result
}

func (b bench) deploy(t testing.TB, run, stack, root string) runner.ApplyResult {
	t.Helper()
	plan := b.plan(t, run, stack, root)
	result, err := b.Apply(context.Background(), b.job(t, run, stack, tokens.PhaseApply, root), b.kept(plan), nil)
	if err != nil {
		t.Fatalf("apply: %v", err)
	}
	return result
}

// log collects events.
type log struct {
	mu     sync.Mutex
	events []runner.Event
}

func (l *log) sink(e runner.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
}

func (l *log) has(match func(runner.Event) bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		if match(e) {
			return true
		}
	}
	return false
}

func data(resources string) string {
	return `{"terraform":{"backend":{"http":{"address":"http://127.0.0.1:1/overridden"}}},"resource":{"terraform_data":` + resources + `},` +
		`"output":{"names":{"value":["a",1]},"hidden":{"value":"x","sensitive":true}}}`
}

func TestPlanThenApply(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := data(`{"a":{"input":"one"},"b":{"input":"two"}}`)
	var log log
	plan, err := b.Plan(context.Background(), b.job(t, "run_1", stack, tokens.PhasePlan, root), log.sink)
	if err != nil {
		t.Fatal(err)
	}
	if summaryOf(plan) != (summary{Create: 2}) || plan.Digest == "" {
		t.Errorf("plan %+v, want 2 to create", summaryOf(plan))
	}
	result, err := b.Apply(context.Background(), b.job(t, "run_1", stack, tokens.PhaseApply, root), b.kept(plan), log.sink)
	if err != nil {
		t.Fatal(err)
	}
	if string(result.Outputs["names"]) != `["a",1]` || len(result.Outputs) != 1 {
		t.Errorf("outputs %s, want the names alone", result.Outputs)
	}
	for _, want := range []struct{ phase, kind, address string }{
		{"plan", "planned_change", "terraform_data.a"},
		{"apply", "apply_start", "terraform_data.b"},
		{"apply", "apply_complete", "terraform_data.b"},
		{"apply", "change_summary", ""},
	} {
		if !log.has(func(e runner.Event) bool {
			return string(e.Phase) == want.phase && e.Type == want.kind && e.Address == want.address && e.Message != "" && !e.Time.IsZero()
		}) {
			t.Errorf("no event like %v", want)
		}
	}
	if log.has(func(e runner.Event) bool {
		return e.Phase == runner.PhaseApply && (e.Type == "planned_change" || strings.HasPrefix(e.Message, "Plan:"))
	}) {
		t.Error("the apply tells the plan again")
	}
	if !log.has(func(e runner.Event) bool { return e.Phase == runner.PhaseInit && e.Message != "" }) {
		t.Error("no event of init")
	}
	if again := b.plan(t, "run_2", stack, root); summaryOf(again) != (summary{Noop: 2}) {
		t.Errorf("the plan after it: %+v, want nothing to do", summaryOf(again))
	}
	b.isClean(t)
}

// isClean reports what a run left in its folder.
func (b bench) isClean(t *testing.T) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(b.DataDir, "runs", "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left in the run folder: %v, %v", left, err)
	}
}

func TestAPlanTellsEveryAction(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.deploy(t, "run_1", stack, data(`{"a":{"input":"1"},"b":{"input":"1","triggers_replace":"1"},"c":{"input":"1"},"d":{"input":"1"}}`))
	plan := b.plan(t, "run_2", stack, data(`{"a":{"input":"2"},"b":{"input":"1","triggers_replace":"2"},"d":{"input":"1"},"e":{"input":"1"}}`))
	if got, want := summaryOf(plan), (summary{Create: 1, Update: 1, Replace: 1, Delete: 1, Noop: 1}); got != want {
		t.Errorf("changes %+v, want %+v", got, want)
	}
}

func TestAPlanOfTargetsAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	job := b.job(t, "run_1", stack, tokens.PhasePlan, data(`{"a":{"input":"one"},"b":{"input":"two"}}`))
	job.Targets = []string{`terraform_data.b`}
	plan, err := b.Plan(context.Background(), job, nil)
	if err != nil || summaryOf(plan).Create != 1 {
		t.Errorf("plan %+v, %v; want one to create", summaryOf(plan), err)
	}
}

func TestDestroy(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := data(`{"a":{"input":"one"}}`)
	b.deploy(t, "run_1", stack, root)
	job := b.job(t, "run_2", stack, tokens.PhaseApply, root)
	job.Destroy = true
	plan, err := b.Plan(context.Background(), job, nil)
	if err != nil || summaryOf(plan).Delete != 1 {
		t.Fatalf("destroy plan %+v, %v; want one to delete", summaryOf(plan), err)
	}
	result, err := b.Apply(context.Background(), job, b.kept(plan), nil)
	if err != nil || len(result.Outputs) != 0 {
		t.Errorf("destroy: outputs %v, %v", result.Outputs, err)
	}
	if plan := b.plan(t, "run_3", stack, root); summaryOf(plan).Create != 1 {
		t.Errorf("plan after the end: %+v, want one to create", summaryOf(plan))
	}
}

func TestAStalePlanIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	plan := b.plan(t, "run_1", stack, data(`{"a":{"input":"one"}}`))
	b.deploy(t, "run_2", stack, data(`{"b":{"input":"two"}}`))
	_, err := b.Apply(context.Background(), b.job(t, "run_1", stack, tokens.PhaseApply, data(`{"a":{"input":"one"}}`)), b.kept(plan), nil)
	if !kernel.Is(err, kernel.Stale) {
		t.Errorf("apply of an old plan: %v, want stale", err)
	}
}

func TestFailuresSayOneClearThing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, c := range []struct {
		name, root string
		kind       kernel.Kind
		says       []string
	}{
		{
			"a plan that fails at a place", "{\n  \"output\": {\"o\": {\"value\": \"${terraform_data.none.output}\"}}\n}", kernel.Invalid,
			[]string{"plan failed: Reference to undeclared resource", "main.tf.json:2:"},
		},
		{
			"a precondition", data(`{"a":{"input":"x","lifecycle":{"precondition":[{"condition":"${self == 1}","error_message":"m"}]}}}`), kernel.Invalid,
			[]string{"failed:", "main.tf.json:1:"},
		},
		{"not JSON", "{", kernel.Invalid, []string{"init failed"}},
		{
			"a registry that cannot be reached", `{"module":{"m":{"source":"terrace.localhost/acme/dns/local","version":"1.0.0"}}}`, kernel.Unavailable,
			[]string{"init failed", "terrace.localhost"},
		},
		{
			"a provider that is not there", `{"terraform":{"required_providers":{"terrace":{"source":"terrace.localhost/terrace/terrace","version":"9.9.9"}}}}`,
			kernel.Unavailable,
			[]string{"init failed: Failed to ", "provider packages", "terrace.localhost/terrace/terrace"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := b.Plan(context.Background(), b.job(t, "run_1", "acme/shop/"+kernel.NewID("w")+"/dev", tokens.PhasePlan, c.root), nil)
			if !kernel.Is(err, c.kind) {
				t.Fatalf("%v, want kind %s", err, c.kind)
			}
			for _, want := range c.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nlacks %q", err, want)
				}
			}
		})
	}
}

func TestAFailedApplyNamesTheResource(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := data(`{"good":{"input":"x"},"bad":{"depends_on":["terraform_data.good"],"provisioner":{"local-exec":{"command":"echo wrong port; exit 3"}}}}`)
	plan := b.plan(t, "run_1", stack, root)
	_, err := b.Apply(context.Background(), b.job(t, "run_1", stack, tokens.PhaseApply, root), b.kept(plan), nil)
	if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "terraform_data.bad: ") || !strings.Contains(err.Error(), "wrong port") {
		t.Errorf("apply: %v", err)
	}
	if again := b.plan(t, "run_2", stack, root); summaryOf(again).Noop != 1 || summaryOf(again).Replace != 1 {
		t.Errorf("plan after half an apply: %+v, want the good one kept", summaryOf(again))
	}
	b.isClean(t)
}

// TestAStateThatCouldNotBeStoredIsSentAgain has the state room refuse a write:
// what was created is not forgotten, and the run does not pass for a good one.
func TestAStateThatCouldNotBeStoredIsSentAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := data(`{"a":{"input":"x"}}`)
	plan := b.plan(t, "run_1", stack, root)
	b.room.Journal.Refuse(1)
	_, err := b.Apply(context.Background(), b.job(t, "run_1", stack, tokens.PhaseApply, root), b.kept(plan), nil)
	if err == nil || !strings.Contains(err.Error(), "Failed to save state") {
		t.Errorf("apply: %v, want the failure to save", err)
	}
	if again := b.plan(t, "run_1", stack, root); summaryOf(again).Noop != 1 {
		t.Errorf("plan after it: %+v, want the resource in the state", summaryOf(again))
	}
}

// TestAStateThatIsRefusedTwiceIsSaid: the one error tells what that means, and
// the next apply starts from the state before.
func TestAStateThatIsRefusedTwiceIsSaid(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := data(`{"a":{"input":"x"}}`)
	plan := b.plan(t, "run_1", stack, root)
	b.room.Journal.Refuse(100)
	_, err := b.Apply(context.Background(), b.job(t, "run_1", stack, tokens.PhaseApply, root), b.kept(plan), nil)
	b.room.Journal.Refuse(0)
	known, ok := errors.AsType[*kernel.Error](err)
	if !ok || !strings.Contains(known.Message, "could not be stored, twice") || !strings.Contains(known.Fix, "deploy again") {
		t.Errorf("apply: %v, want it to say that the state is not stored and what to do", err)
	}
	if again := b.plan(t, "run_1", stack, root); summaryOf(again).Create != 1 {
		t.Errorf("plan after it: %+v, want the resource to be created", summaryOf(again))
	}
	b.isClean(t)
}

// TestAStateThatIsRefusedTwiceIsKept until the stack is next worked on: a cloud
// would refuse to make again what is forgotten.
func TestAStateThatIsRefusedTwiceIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Keep = b.room.Service.Keep
	root := data(`{"a":{"input":"hidden-in-the-state"}}`)
	plan := b.plan(t, "run_1", stack, root)
	b.room.Journal.Refuse(100)
	_, err := b.Apply(context.Background(), b.job(t, "run_1", stack, tokens.PhaseApply, root), b.kept(plan), nil)
	b.room.Journal.Refuse(0)
	if err == nil || !strings.Contains(err.Error(), "is kept, sealed") {
		t.Errorf("apply: %v, want it to say that the state is kept", err)
	}
	for _, file := range b.room.Contents(t) {
		if raw, err := os.ReadFile(file); err != nil || strings.Contains(string(raw), "hidden-in-the-state") {
			t.Errorf("%s has the state in the clear, or cannot be read: %v", file, err)
		}
	}
	fence := b.room.Fences.Next(stack)
	if err := b.room.Service.Restore(context.Background(), state.Caller{Run: "run_2", Stack: stack, Fence: fence, MayWrite: true}, stack); err != nil {
		t.Fatal(err)
	}
	job := b.job(t, "run_2", stack, tokens.PhasePlan, root)
	job.Token = b.room.Token(t, "run_2", stack, fence, tokens.PhasePlan)
	again, err := b.Plan(context.Background(), job, nil)
	if err != nil || summaryOf(again).Noop != 1 {
		t.Errorf("plan after it: %+v, %v; want the resource known", summaryOf(again), err)
	}
}

func TestSweepKeepsTheStateThatAKilledProcessLeft(t *testing.T) {
	t.Parallel()
	dir, gone := t.TempDir(), errors.New("nobody can keep it")
	work := filepath.Join(dir, "runs", "run_1-apply-1")
	if err := os.MkdirAll(work, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"errored.tfstate": "state", "terrace.tfrc": "# stack: " + stack + " fence: 7\ndisable_checkpoint = true\n"} {
		if err := os.WriteFile(filepath.Join(work, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := runner.Sweep(t.Context(), dir, func(context.Context, string, int64, io.Reader) error { return gone }); !errors.Is(err, gone) {
		t.Errorf("%v, want %v", err, gone)
	}
	var kept string
	err := runner.Sweep(t.Context(), dir, func(_ context.Context, stack string, fence int64, state io.Reader) error {
		raw, err := io.ReadAll(state)
		kept = fmt.Sprint(stack, " ", fence, " ", string(raw))
		return err
	})
	if err != nil || kept != stack+" 7 state" {
		t.Errorf("kept %q, %v", kept, err)
	}
	if _, err := os.Stat(work); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder stays: %v", err)
	}
}

// TestWhatIsSensitiveIsInNoError: the tool hides it itself, but not in the words of a
// provisioner that fails, nor in those of a function.
func TestWhatIsSensitiveIsInNoError(t *testing.T) {
	t.Parallel()
	const secret = `s3cret-"value<`
	b := newBench(t)
	local, err := json.Marshal("${sensitive(" + strconv.Quote(secret) + ")}")
	if err != nil {
		t.Fatal(err)
	}
	root := func(rest string) string {
		return `{"locals":{"s":` + string(local) + `},"resource":{"terraform_data":{"a":{"input":{"inner":"${local.s}"}}` + rest + `}}}`
	}
	hidden := func(what string, err error, log *log) {
		t.Helper()
		known, ok := errors.AsType[*kernel.Error](err)
		if !ok || len(known.Problems) == 0 || !strings.Contains(known.Problems[0].Message, "(secret)") || strings.Contains(fmt.Sprint(known, known.Problems), "s3cret") {
			t.Errorf("%s: %+v", what, known)
		}
		if !log.has(func(e runner.Event) bool { return strings.Contains(e.Message, "(secret)") }) || log.has(func(e runner.Event) bool { return strings.Contains(e.Message, "s3cret") }) {
			t.Errorf("%s: %+v", what, log.events)
		}
	}
	failing := root(`,"b":{"input":"${terraform_data.a.id}","provisioner":{"local-exec":{"command":"echo it is $S; exit 3","environment":{"S":"${local.s}"}}}}`)
	plan := b.plan(t, "run_1", stack, failing)
	var applied, planned log
	_, err = b.Apply(context.Background(), b.job(t, "run_1", stack, tokens.PhaseApply, failing), b.kept(plan), applied.sink)
	hidden("an apply", err, &applied)
	_, err = b.Plan(context.Background(), b.job(t, "run_2", stack, tokens.PhasePlan, root(`,"c":{"input":"${file(nonsensitive(local.s))}"}`)), planned.sink)
	hidden("a plan", err, &planned)
}

// TestWhatIsSensitiveIsInNoOutput: a program that a provisioner runs may print what
// terraform did not give it, and a tool that panics prints everything.
func TestWhatIsSensitiveIsInNoOutput(t *testing.T) {
	t.Parallel()
	const secret = `s3cret-"value<`
	backwards := `<eulav"-terc3s`
	root := `{"locals":{"s":"${sensitive(strrev(\"<eulav\\\"-terc3s\"))}"},"resource":{"terraform_data":{"a":{"input":{"inner":"${local.s}"}},` +
		`"b":{"input":"${terraform_data.a.id}","provisioner":{"local-exec":{"command":"echo 'it is <eulav\"-terc3s' | rev"}}}}}}`
	b := newBench(t)
	plan := b.plan(t, "run_1", stack, root)
	var applied log
	if _, err := b.Apply(context.Background(), b.job(t, "run_1", stack, tokens.PhaseApply, root), b.kept(plan), applied.sink); err != nil {
		t.Fatal(err)
	}
	if !applied.has(func(e runner.Event) bool { return strings.Contains(e.Message, "(secret) si ti") }) || applied.has(func(e runner.Event) bool { return strings.Contains(e.Message, secret) }) {
		t.Errorf("a provisioner: %+v", applied.events)
	}
	next := strings.Replace(root, "it is", "it was", 1)
	next = strings.Replace(next, `"input":{"inner"`, `"input":{"outer"`, 1)
	plan = b.plan(t, "run_2", stack, next)
	panics := filepath.Join(t.TempDir(), "terraform")
	script := "#!/bin/sh\n[ \"$1\" = apply ] && { echo 'panic: '\"$(echo '" + backwards + "' | rev)\" >&2; exit 11; }\nexec " + b.Tool.Path + " \"$@\"\n"
	if err := os.WriteFile(panics, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	b.Tool.Path = panics
	_, err := b.Apply(context.Background(), b.job(t, "run_2", stack, tokens.PhaseApply, next), b.kept(plan), nil)
	if known, ok := errors.AsType[*kernel.Error](err); !ok || !strings.Contains(fmt.Sprint(known, known.Problems), "panic: (secret)") || strings.Contains(fmt.Sprint(known, known.Problems), secret) {
		t.Errorf("a panic: %v", err)
	}
}

func TestAMissingToolIsClear(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Tool.Path = filepath.Join(t.TempDir(), "terraform")
	_, err := b.Plan(context.Background(), b.job(t, "run_1", stack, tokens.PhasePlan, data(`{}`)), nil)
	if !kernel.Is(err, kernel.Unavailable) || !strings.Contains(err.Error(), "cannot be started") {
		t.Errorf("%v, want unavailable", err)
	}
	b.isClean(t)
}

func TestNamesThatLeaveTheFolderAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, change := range map[string]func(*runner.Job){
		"run":     func(j *runner.Job) { j.RunID = "../run" },
		"stack":   func(j *runner.Job) { j.Stack = "acme" },
		"file":    func(j *runner.Job) { j.Files = map[string][]byte{"../x": nil} },
		"tool's":  func(j *runner.Job) { j.Files = map[string][]byte{".terraform/x": nil} },
		"rooted":  func(j *runner.Job) { j.Files = map[string][]byte{"/etc/x": nil} },
		"nothing": func(j *runner.Job) { j.RunID = "" },
	} {
		job := runner.Job{RunID: "run_1", Stack: stack}
		change(&job)
		if _, err := b.Plan(context.Background(), job, nil); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
}

func TestRunsAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			stack := fmt.Sprintf("acme/shop/w%d/dev", i)
			b.deploy(t, fmt.Sprintf("run_%d", i), stack, data(`{"a":{"input":"one"}}`))
		})
	}
	group.Wait()
	if kept, err := filepath.Glob(filepath.Join(b.DataDir, "init", "*")); err != nil || len(kept) != 1 {
		t.Errorf("initialised folders: %v, %v; want one for all four", kept, err)
	}
	b.isClean(t)
}
