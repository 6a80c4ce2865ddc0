package automation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/automation"
	"github.com/terrace-idp/terrace/internal/delivery/automation/automationsql"
	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/event/eventsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

var shop = kernel.Scope{Tenant: "acme", Project: "shop"}

const patience = time.Minute

// rooms records what rules ask of the rooms that act, and plays identity.
type rooms struct {
	mu       sync.Mutex
	asked    []string
	actors   []kernel.Actor
	facts    []kernel.Fact
	causes   []string
	disabled bool
	denied   string
	refuse   error
}

func (r *rooms) note(ctx context.Context, what string, q automation.Request) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	actor, _ := kernel.ActorFrom(ctx)
	r.asked = append(r.asked, fmt.Sprintf("%s %s %s %s", what, q.Scope, q.Workload, q.Release))
	r.actors = append(r.actors, actor)
	return fmt.Sprintf("run_%d", len(r.asked)), r.refuse
}

func (r *rooms) Plan(ctx context.Context, q automation.Request) (string, error) {
	return r.note(ctx, "plan", q)
}

func (r *rooms) Promote(ctx context.Context, q automation.Request) (string, error) {
	return r.note(ctx, "promote", q)
}

func (r *rooms) Check(ctx context.Context, q automation.Request) (string, error) {
	return r.note(ctx, "check", q)
}

func (r *rooms) Notify(ctx context.Context, scope kernel.Scope, name string, e event.Event) (string, error) {
	return r.note(ctx, "notify "+name+" "+string(e.Data), automation.Request{Scope: scope})
}

func (r *rooms) Acting(_ context.Context, tenant, id string) (kernel.Actor, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.disabled {
		return kernel.Actor{}, kernel.Errorf(kernel.Unauthenticated, "the user ada is disabled")
	}
	return kernel.Actor{ID: id, Name: "ada", Kind: kernel.ActorUser, Tenant: tenant}, nil
}

func (r *rooms) Authorize(_ context.Context, action string, _ kernel.Scope) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if action == r.denied {
		return kernel.Errorf(kernel.Denied, "ada may not do %s", action)
	}
	return nil
}

func (r *rooms) Record(ctx context.Context, f kernel.Fact) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.facts, r.causes = append(r.facts, f), append(r.causes, kernel.CauseFrom(ctx))
	return nil
}

// told returns the facts of a type.
func (r *rooms) told(fact string) []kernel.Fact {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.facts), func(f kernel.Fact) bool { return f.Type != fact })
}

func (r *rooms) set(change func(r *rooms)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
}

func (r *rooms) did() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.asked...)
}

type world struct {
	*automation.Service

	rooms  *rooms
	log    *event.Log
	config automation.Config
	store  *automationsql.Store
}

func sets() []db.Migrations {
	return []db.Migrations{eventsql.Migrations(), automationsql.Migrations()}
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	events := &event.Log{Store: eventsql.NewStore(d), Log: log}
	r, store := &rooms{}, automationsql.NewStore(d)
	c := automation.Config{Store: store, Events: events, Runs: r, Drift: r, Notifier: r, Authors: r, Authorizer: r, Journal: r, Tx: d, Log: log}
	return &world{Service: automation.New(c), rooms: r, log: events, config: c, store: store}
}

func (w *world) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { _ = w.Watch(ctx) })
	all.Go(func() { _ = w.Work(ctx) })
	stop = sync.OnceFunc(func() { cancel(); all.Wait() })
	t.Cleanup(stop)
	eventually(t, "it watches", func() bool { _, ok, err := w.store.Cursor(ctx); return ok && err == nil })
	return stop
}

func (w *world) apply(t *testing.T, spec string) {
	t.Helper()
	if _, err := w.Apply(asAda(), shop, "rule.yaml", []byte(rule(spec))); err != nil {
		t.Fatal(err)
	}
}

func rule(spec string) string {
	return "apiVersion: terrace.dev/v1\nkind: Rule\nmetadata: {name: try}\nspec:\n" + spec
}

func asAda() context.Context {
	return kernel.WithActor(context.Background(), kernel.Actor{ID: "usr_ada", Name: "ada", Kind: kernel.ActorUser, Tenant: "acme"})
}

func (w *world) publish(t *testing.T, ctx context.Context, f kernel.Fact) string { //nolint:revive // t goes first here
	t.Helper()
	e, err := w.log.Make(ctx, f)
	if err != nil {
		t.Fatal(err)
	}
	w.send(t, e)
	return e.ID
}

func (w *world) send(t *testing.T, e event.Event) {
	t.Helper()
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.log.Store.Add(context.Background(), []event.Entry{{ID: e.ID, Tenant: e.Tenant, Fact: e.Fact(), Project: e.Project, Stage: e.Stage, Body: body}}, e.Time); err != nil {
		t.Fatal(err)
	}
	if err := w.log.Order(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func succeeded(subject string) kernel.Fact {
	return kernel.Fact{Type: "run.succeeded", Scope: shop.InStage("dev"), Subject: subject, Data: map[string]any{"workload": "orders", "release": "rel_1", "attempt": 1}}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// outcome waits until the newest firing has ended and returns it.
func (w *world) outcome(t *testing.T, n int) automation.Firing {
	t.Helper()
	var newest automation.Firing
	eventually(t, fmt.Sprintf("firing %d has ended", n), func() bool {
		page, err := w.History(asAda(), shop, "try", "", kernel.PageRequest{})
		if err != nil || len(page.Items) < n {
			return false
		}
		newest = page.Items[0]
		return newest.EndedAt != nil
	})
	return newest
}

const (
	onSuccess = "  on: {exact: {type: dev.terrace.run.succeeded}}\n"
	plan      = "  do: {plan: {workload: \"${data.workload}\", stage: test, release: \"${data.release}\"}}\n"
)

func TestARuleActsForItsAuthorOncePerEvent(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, sets(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		stop := w.run(t)
		w.apply(t, onSuccess+"  when: data.workload == \"orders\" && stage == \"dev\"\n"+plan)
		e, err := w.log.Make(t.Context(), succeeded("run_x"))
		if err != nil {
			t.Fatal(err)
		}
		w.send(t, e)
		f := w.outcome(t, 1)
		if f.Outcome != automation.Done || f.Result != "run_1" || f.Event != e.ID {
			t.Fatalf("%+v", f)
		}
		if did := w.rooms.did(); len(did) != 1 || did[0] != "plan acme/shop/test orders rel_1" {
			t.Fatalf("%v", did)
		}
		if a := w.rooms.actors[0]; a.ID != "usr_ada" || a.Name != "rule try (ada)" || a.Kind != kernel.ActorUser {
			t.Fatalf("acted as %+v", a)
		}
		// The same event is not acted on again after a crash before the cursor was saved.
		stop()
		if _, err := d.SQL().ExecContext(t.Context(), "UPDATE automation_cursor SET position = 0"); err != nil {
			t.Fatal(err)
		}
		next := &world{Service: automation.New(w.config), rooms: w.rooms, log: w.log, store: w.store}
		next.run(t)
		next.publish(t, t.Context(), kernel.Fact{Type: "run.succeeded", Scope: shop.InStage("test"), Subject: "run_y", Data: map[string]any{"workload": "orders"}})
		if f := next.outcome(t, 2); f.Outcome != automation.Skipped || len(w.rooms.did()) != 1 {
			t.Fatalf("%+v, %v", f, w.rooms.did())
		}
		last := w.rooms.facts[len(w.rooms.facts)-1]
		if last.Type != "rule.fired" || w.rooms.causes[len(w.rooms.causes)-1] != e.ID {
			t.Fatalf("the fact %+v has the cause %q", last, w.rooms.causes)
		}
	})
}

func TestWhyARuleDoesNotAct(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		spec    string
		before  func(r *rooms)
		outcome automation.Outcome
		why     string
	}{
		"the condition has no answer":    {spec: "  when: data.missing > 3\n" + plan, outcome: automation.Failed, why: "cannot be answered"},
		"the event has no such field":    {spec: "  do: {plan: {workload: \"${data.nothing}\", stage: test}}\n", outcome: automation.Failed, why: "data.nothing"},
		"the author may no longer":       {spec: plan, before: func(r *rooms) { r.denied = "workload.deploy" }, outcome: automation.Refused, why: "workload.deploy"},
		"the author is disabled":         {spec: plan, before: func(r *rooms) { r.disabled = true }, outcome: automation.Refused, why: "disabled"},
		"a gate is against it":           {spec: plan, before: func(r *rooms) { r.refuse = kernel.Errorf(kernel.Refused, "a window closes test") }, outcome: automation.Refused, why: "window"},
		"the room fails":                 {spec: plan, before: func(r *rooms) { r.refuse = kernel.Errorf(kernel.Unavailable, "no answer") }, outcome: automation.Failed, why: "no answer"},
		"it would act in another's room": {spec: "  do: {plan: {project: \"${data.release}\", workload: x, stage: test}}\n", outcome: automation.Refused, why: "of the project shop"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, dbtest.SQLite(t, sets()...))
			w.run(t)
			w.apply(t, onSuccess+c.spec)
			if c.before != nil {
				w.rooms.set(c.before)
			}
			w.publish(t, t.Context(), succeeded("run_x"))
			if f := w.outcome(t, 1); f.Outcome != c.outcome || !strings.Contains(f.Why, c.why) {
				t.Fatalf("%s: %s", f.Outcome, f.Why)
			}
		})
	}
}

// TestALoopEnds: each run that the rule makes succeeds, which the rule is for.
func TestALoopEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t, sets()...))
	w.run(t)
	w.apply(t, onSuccess+plan)
	subject := "run_x"
	for i := 1; ; i++ {
		w.publish(t, t.Context(), succeeded(subject))
		f := w.outcome(t, i)
		if f.Outcome == automation.Looped {
			if i != automation.MaxDepth+1 {
				t.Fatalf("it ended after %d", i)
			}
			break
		}
		if f.Outcome != automation.Done || f.Depth != i-1 || i > automation.MaxDepth {
			t.Fatalf("%d: %+v", i, f)
		}
		subject = f.Result
	}
	// What names its cause is as deep, whatever it is about.
	first, err := w.History(asAda(), shop, "try", automation.Looped, kernel.PageRequest{})
	if err != nil || len(first.Items) != 1 {
		t.Fatal(err)
	}
	w.publish(t, kernel.WithCause(t.Context(), first.Items[0].Event), succeeded("run_other"))
	if f := w.outcome(t, automation.MaxDepth+2); f.Outcome != automation.Looped {
		t.Fatalf("%+v", f)
	}
	if told := w.rooms.told("rule.looped"); len(told) != 1 || told[0].Reason == "" || told[0].Subject == "" {
		t.Errorf("the first end of a loop is told, and the next within an hour is not: %+v", told)
	}
}

func TestARuleIsLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t, sets()...))
	w.run(t)
	w.apply(t, onSuccess+"  perHour: 2\n  do: {notify: {subscription: chat, message: \"${subject} is there\"}}\n")
	for i, want := range []automation.Outcome{automation.Done, automation.Done, automation.Limited} {
		w.publish(t, t.Context(), succeeded(fmt.Sprintf("run_%d", i+100)))
		if f := w.outcome(t, i+1); f.Outcome != want {
			t.Fatalf("%d: %+v", i, f)
		}
	}
	if did := w.rooms.did(); len(did) != 2 || !strings.Contains(did[0], `"message":"run_100 is there"`) {
		t.Fatalf("%v", did)
	}
	if told := w.rooms.told("rule.limited"); len(told) != 1 {
		t.Errorf("that it acts no longer is told: %+v", told)
	}
}

// TestWhatWasBegunIsNotBegunAgain after a crash.
func TestWhatWasBegunIsNotBegunAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, sets(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.apply(t, onSuccess+plan)
		r, err := w.Get(asAda(), shop, "try")
		if err != nil {
			t.Fatal(err)
		}
		f := automation.Firing{ID: "fir_1", Rule: r.ID, Scope: shop, Event: "evt_1", Outcome: automation.Waiting, Action: r.Do, At: time.Now().UTC()}
		for _, want := range []bool{true, false} {
			if is, err := w.store.Fire(t.Context(), f); err != nil || is != want {
				t.Fatalf("fire %v, %v", is, err)
			}
		}
		if began, err := w.store.Begin(t.Context(), f); err != nil || !began {
			t.Fatal(err)
		}
		w.run(t)
		if n, err := w.store.Interrupt(t.Context(), time.Now().Add(time.Hour), time.Now(), "the process ended"); err != nil || n != 1 {
			t.Fatalf("%d, %v", n, err)
		}
		if f := w.outcome(t, 1); f.Outcome != automation.Interrupted || len(w.rooms.did()) != 0 {
			t.Fatalf("%+v", f)
		}
	})
}

func TestApplyChecksTheAuthor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t, sets()...))
	for _, action := range []string{"rule.write", "workload.deploy"} {
		w.rooms.set(func(r *rooms) { r.denied = action })
		if _, err := w.Apply(asAda(), shop, "rule.yaml", []byte(rule(onSuccess+plan))); !kernel.Is(err, kernel.Denied) {
			t.Errorf("without %s: %v", action, err)
		}
	}
	w.rooms.set(func(r *rooms) { r.denied = "" })
	if _, err := w.Apply(asAda(), shop, "rule.yaml", []byte(rule(onSuccess+"  do: {plan: {project: other, workload: x, stage: test}}\n"))); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("another project: %v", err)
	}
}

func TestProblemsHaveLineAndColumn(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ spec, want string }{
		"a condition that is none":     {onSuccess + "  when: data.x == \n" + plan, "rule.yaml:6:"},
		"a field that is none":         {onSuccess + "  when: stag == \"dev\"\n" + plan, "rule.yaml:6:9: spec.when: unknown name stag"},
		"a loop over lists":            {onSuccess + "  when: 'any(data.list, # > 1)'\n" + plan, "cannot go through a list"},
		"a list that is made":          {onSuccess + "  when: 3 in 1..1000000\n" + plan, "cannot go through a list"},
		"a condition that is no truth": {onSuccess + "  when: subject\n" + plan, "rule.yaml:6:9"},
		"two actions":                  {onSuccess + "  do:\n    plan: {workload: a, stage: b}\n    promote: {workload: a, stage: b}\n", "rule.yaml:7:5: spec.do: a rule does one thing, and this does 2"},
		"a mistyped key":               {onSuccess + "  do: {plan: {worklod: a, stage: b}}\n", `did you mean workload?`},
		"a placeholder":                {onSuccess + "  do: {plan: {workload: \"x ${env.HOME}\", stage: b}}\n", `rule.yaml:6:28: spec.do.plan.workload: events have no field "env.HOME"`},
		"an open placeholder":          {onSuccess + "  do: {plan: {workload: \"${data.x\", stage: b}}\n", "has no end"},
		"no filter":                    {"  on: []\n" + plan, "every event is not possible"},
		"facts about rules":            {"  on: {prefix: {type: dev.terrace.rule.}}\n" + plan, "start no rule"},
		"a filter's attribute":         {"  on: {exact: {kind: x}}\n" + plan, `no attribute "kind"`},
		"too often":                    {onSuccess + "  perHour: 5000\n" + plan, "rule.yaml:6:12"},
	}
	for name, c := range cases {
		_, err := automation.Parse("rule.yaml", []byte(rule(c.spec)))
		if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTwoProcessesActOnce on each event, also when a rule changes at the other.
func TestTwoProcessesActOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, sets(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		c := w.config
		second := &event.Log{Store: eventsql.NewStore(d), Log: slog.New(slog.DiscardHandler)}
		c.Events = second
		other := &world{Service: automation.New(c), rooms: w.rooms, log: second, store: w.store}
		w.run(t)
		other.run(t)
		w.apply(t, onSuccess+plan)
		w.publish(t, context.Background(), kernel.Fact{Type: "rule.applied", Scope: shop, Subject: "rul_1"})
		for i := range 20 {
			w.publish(t, context.Background(), succeeded(fmt.Sprintf("source_%d", i)))
			if err := second.Order(context.Background()); err != nil { // it wakes the other
				t.Fatal(err)
			}
		}
		eventually(t, "all are done", func() bool {
			page, err := w.History(asAda(), shop, "try", automation.Done, kernel.PageRequest{Limit: 50})
			return err == nil && len(page.Items) == 20
		})
		b, err := second.Bounds(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "both have looked at all", func() bool {
			at, _, err := w.store.Cursor(context.Background())
			return err == nil && at == b.Last
		})
		if did := w.rooms.did(); len(did) != 20 {
			t.Fatalf("%d actions: %v", len(did), did)
		}
	})
}
