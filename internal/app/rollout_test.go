package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
)

// oneTable is what a gateway serves that has one route.
type oneTable struct{ table *proxy.Table }

func (o oneTable) Table() *proxy.Table { return o.table }

// rolling is a service of real processes behind a gateway, on a stage that rolls out in steps.
type rolling struct {
	*localtest.Target

	config   local.Config
	proxy    *proxy.Proxy
	answers  localAnswers
	artifact string
	// later is how far the clock is ahead.
	later atomic.Int64
}

func newRolling(t *testing.T, steps ...stage.RolloutStep) *rolling {
	t.Helper()
	stages := stage.Default()
	stages[0].Rollout = stage.Rollout{
		Strategy: stage.StrategyCanary, Steps: steps,
		Analysis: stage.Analysis{MinRequests: 5, LatencyP99: stage.Duration(500 * time.Millisecond)},
	}
	set, err := stage.NewSet(stages)
	if err != nil {
		t.Fatal(err)
	}
	r, instances, began := &rolling{}, &traffic.Instances{}, time.Now()
	r.config = localtest.Config(dbtest.SQLite(t, localsql.Migrations()), t.TempDir())
	r.config.Clock = func() time.Time { return began.Add(time.Duration(r.later.Load())) }
	r.config.Rollouts, r.config.Answers, r.config.RolloutLook = localRollouts{set}, localAnswers{instances}, time.Millisecond
	r.answers = localAnswers{instances}
	r.Target = localtest.Start(t, r.config)
	r.artifact = string(r.Artifacts.Add(localtest.Bundle(t, localtest.File{Name: "app", Content: localtest.Program(t), Mode: 0o755})))
	to := gateway.ToService("orders", "orders.localhost", "", "orders", "http")
	to.Scope = localtest.Scope("dev")
	table, err := proxy.Counting{}.Table([]*proxy.Entry{proxy.Counting{}.Entry(to, nil)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.proxy = proxy.New(proxy.Config{Routes: oneTable{table}, Upstreams: sharing{r.Service}, Instances: instances, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(r.proxy.Close)
	return r
}

// deploy puts a release; what comes of it is sent once it is known.
func (r *rolling) deploy(ctx context.Context, version string, variables map[string]string) <-chan error {
	spec, _ := json.Marshal(map[string]any{
		"release": version, "start_timeout": "20s", "ports": map[string]any{"http": map[string]any{"port": 8080}},
		"containers": map[string]any{"main": map[string]any{"artifact": r.artifact, "variables": variables}},
	})
	ended := make(chan error, 1)
	go func() {
		_, err := r.Put(ctx, localtest.Caller("dev", "orders"), local.Services, "orders", spec)
		ended <- err
	}()
	return ended
}

// ask asks the gateway and returns the answer's status and release.
func (r *rolling) ask(t *testing.T) (status int, release string) {
	t.Helper()
	req, resp := &fasthttp.Request{}, &fasthttp.Response{}
	req.SetRequestURI("/health")
	req.Header.SetHost("orders.localhost")
	x, ok := exchange.New(req, resp, exchange.Connection{Context: t.Context(), Client: &net.TCPAddr{}, Proto: 1, Body: exchange.NewBody(nil, 0)})
	if !ok {
		t.Fatal("the request is not taken")
	}
	r.proxy.Handle(x)
	if body := resp.Body(); resp.StatusCode() != fasthttp.StatusOK {
		t.Logf("the gateway says: %s", body)
	}
	x.Handled()
	return resp.StatusCode(), string(resp.Header.Peek(proxy.ReleaseHeader))
}

func (r *rolling) status(t *testing.T) local.RolloutInfo {
	t.Helper()
	info, err := r.Rollout(as("ada"), localtest.Scope("dev"), "orders")
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		t.Fatal(err)
	}
	return info
}

func as(who string) context.Context {
	return kernel.WithActor(context.Background(), kernel.Actor{ID: who, Name: who, Kind: kernel.ActorUser, Tenant: "acme"})
}

// at waits until a step of a rollout to a release is under way.
func (r *rolling) at(t *testing.T, release string, step int) local.RolloutInfo {
	t.Helper()
	var info local.RolloutInfo
	localtest.Eventually(t, func() string {
		if info = r.status(t); info.To == release && info.Step == step && info.Phase == local.RolloutProgressing {
			return ""
		}
		return fmt.Sprintf("it is at %+v", info)
	})
	return info
}

func (r *rolling) serves(t *testing.T, release string) {
	t.Helper()
	for range 50 {
		if status, got := r.ask(t); status != 200 || got != release {
			t.Fatalf("%d from release %s, want %s", status, got, release)
		}
	}
}

// facts are those of rollouts, in order.
func (r *rolling) facts() (out []string) {
	for _, f := range r.Journal.Facts() {
		if strings.HasPrefix(f, "rollout.") {
			out = append(out, strings.TrimSuffix(f, " services/orders"))
		}
	}
	return out
}

// TestAGoodReleaseTakesOverInSteps counts who answers at each.
func TestAGoodReleaseTakesOverInSteps(t *testing.T) {
	t.Parallel()
	r := newRolling(t)
	if err := <-r.deploy(t.Context(), "one", nil); err != nil {
		t.Fatal(err)
	}
	if len(r.facts()) > 0 {
		t.Error("the first release has nobody to take over from")
	}
	ended := r.deploy(t.Context(), "two", nil)
	for i, weight := range []int{5, 25, 50, 100} {
		info := r.at(t, "two", i+1)
		if info.Weight != weight || info.From != "one" || info.Steps != 4 {
			t.Fatalf("%+v", info)
		}
		asked := map[string]int{}
		for range 1000 {
			status, release := r.ask(t)
			if status != 200 {
				t.Fatalf("status %d", status)
			}
			asked[release]++
		}
		if got := asked["two"] / 10; got < weight-4 || got > weight+4 || asked["one"]+asked["two"] != 1000 {
			t.Errorf("%d %%: %v", weight, asked)
		}
		if info = r.status(t); info.Next.Requests != int64(asked["two"]) || info.Before.Requests != int64(asked["one"]) || info.Next.Failed != 0 {
			t.Errorf("counted %+v, of %v", info, asked)
		}
		r.later.Add(int64(time.Minute))
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	r.serves(t, "two")
	if got := r.facts(); !slices.Equal(got, []string{"rollout.started", "rollout.promoted"}) {
		t.Errorf("facts %v", got)
	}
	if info := r.status(t); info.Phase != local.RolloutPromoted {
		t.Errorf("%+v", info)
	}
}

// TestABadReleaseIsAborted by its errors and its times, and where nobody asks it.
func TestABadReleaseIsAborted(t *testing.T) {
	t.Parallel()
	r := newRolling(t, stage.RolloutStep{SetWeight: 50})
	if err := <-r.deploy(t.Context(), "one", nil); err != nil {
		t.Fatal(err)
	}
	bad := map[string]struct {
		variables map[string]string
		reason    string
		asks      bool
	}{
		"failing": {map[string]string{"SICK": "1"}, "at least 99 % must succeed", true},
		"slow":    {map[string]string{"SLOW": "550ms"}, "p99 may be 500ms", true},
		"idle":    {nil, "only 0 of the 5 requests", false},
	}
	for _, name := range slices.Sorted(maps.Keys(bad)) {
		c := bad[name]
		ended := r.deploy(t.Context(), name, c.variables)
		r.at(t, name, 1)
		var err error
		for lost := 0; err == nil; {
			if !c.asks {
				r.later.Add(int64(10 * time.Minute))
				err = <-ended
				break
			}
			if status, release := r.ask(t); status != 200 {
				if lost++; release != name || lost > 40 {
					t.Fatalf("status %d from %s, the %dth", status, release, lost)
				}
			}
			select {
			case err = <-ended:
			default:
			}
		}
		if !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), c.reason) || !strings.Contains(err.Error(), "release one serves on") {
			t.Errorf("%s: %v", name, err)
		}
		if info := r.status(t); info.Phase != local.RolloutAborted || !strings.Contains(info.Reason, c.reason) {
			t.Errorf("%s: %+v", name, info)
		}
		r.serves(t, "one")
	}
	if got := r.facts(); len(got) != 6 || got[5] != "rollout.aborted" {
		t.Errorf("facts %v", got)
	}
}

// TestCallsThroughSidecarsAreJudged, though the gateway has seen none.
func TestCallsThroughSidecarsAreJudged(t *testing.T) {
	t.Parallel()
	r := newRolling(t, stage.RolloutStep{SetWeight: 50})
	if err := <-r.deploy(t.Context(), "one", nil); err != nil {
		t.Fatal(err)
	}
	ended := r.deploy(t.Context(), "two", nil)
	r.at(t, "two", 1)
	var good, bad traffic.Tally
	good.Places[2], good.Classes[2] = 10, 10
	bad.Places[2], bad.Classes[2], bad.Classes[5] = 10, 6, 4
	elsewhere := localtest.Scope("test")
	r.answers.answered(elsewhere, "orders", "two", bad)
	r.answers.answered(localtest.Scope("dev"), "orders", "one", good)
	r.answers.answered(localtest.Scope("dev"), "orders", "two", bad)
	if err := <-ended; !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "60 % of 10 requests succeeded") || !strings.Contains(err.Error(), "release before: 100 % of 10") {
		t.Errorf("%v", err)
	}
	r.serves(t, "one")
}

// TestPeopleEndARollout before it has ended by itself, each once.
func TestPeopleEndARollout(t *testing.T) {
	t.Parallel()
	r := newRolling(t)
	dev := localtest.Scope("dev")
	if _, err := r.AbortRollout(as("ada"), dev, "orders"); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("nothing is under way: %v", err)
	}
	if err := <-r.deploy(t.Context(), "one", nil); err != nil {
		t.Fatal(err)
	}
	ended := r.deploy(t.Context(), "two", nil)
	r.at(t, "two", 1)
	if _, err := r.AbortRollout(as("ada"), dev, "orders"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "ada aborted it") {
		t.Errorf("%v", err)
	}
	r.serves(t, "one")
	if _, err := r.PromoteRollout(as("ada"), dev, "orders"); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("it has ended: %v", err)
	}
	if got := r.facts(); !slices.Equal(got, []string{"rollout.started", "rollout.decided", "rollout.aborted"}) {
		t.Errorf("what decided nothing is recorded: %v", got)
	}
	ended = r.deploy(t.Context(), "three", nil)
	r.at(t, "three", 1)
	program := kernel.WithActor(t.Context(), kernel.Actor{ID: "ci", Name: "ci", Kind: kernel.ActorService, Tenant: "acme"})
	if _, err := r.PromoteRollout(program, dev, "orders"); !kernel.Is(err, kernel.Denied) {
		t.Errorf("a program promotes: %v", err)
	}
	if _, err := r.PromoteRollout(as("ada"), dev, "orders"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	r.serves(t, "three")
	if info := r.status(t); info.Phase != local.RolloutPromoted || info.Step != 1 || info.Weight != 100 {
		t.Errorf("promoted by hand: %+v", info)
	}
	ended = r.deploy(t.Context(), "four", nil)
	r.at(t, "four", 1)
	r.Fences.Set(localtest.Caller("dev", "orders").Stack, 2) // another run holds the stack meanwhile
	if _, err := r.PromoteRollout(as("ada"), dev, "orders"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !kernel.Is(err, kernel.Stale) {
		t.Errorf("a release that is not recorded: %v", err)
	}
	r.serves(t, "three")
	if got, info := r.facts(), r.status(t); got[len(got)-1] != "rollout.aborted" || info.Phase != local.RolloutAborted {
		t.Errorf("it is told as promoted: %v, %+v", got, info)
	}
}

// breaks has the release that serves end, again and again.
func (r *rolling) breaks(t *testing.T, mark string) {
	t.Helper()
	addr, _, _ := r.Upstream(localtest.Scope("dev"), "orders", "http")
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, _ = fasthttp.Get(nil, "http://"+addr+"/crash") // it answers nothing
}

// TestAReleaseReplacesOneThatIsBroken, which has no share and no figures any more.
func TestAReleaseReplacesOneThatIsBroken(t *testing.T) {
	t.Parallel()
	r := newRolling(t)
	dev, mark := localtest.Scope("dev"), filepath.Join(t.TempDir(), "mark")
	if err := <-r.deploy(t.Context(), "one", map[string]string{"BROKEN": mark}); err != nil {
		t.Fatal(err)
	}
	ended := r.deploy(t.Context(), "two", map[string]string{"BROKEN": mark + "2"})
	r.at(t, "two", 1)
	r.breaks(t, mark)
	upstream := func(want string) func() string {
		return func() string {
			if _, release, _ := r.Upstream(dev, "orders", "http"); release != want {
				return "release " + release + " serves"
			}
			return ""
		}
	}
	localtest.Eventually(t, upstream("two"))
	r.serves(t, "two")
	if _, err := r.PromoteRollout(as("ada"), dev, "orders"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	r.breaks(t, mark+"2")
	localtest.Eventually(t, upstream(""))
	began := len(r.facts())
	if err := <-r.deploy(t.Context(), "three", nil); err != nil {
		t.Fatal(err)
	}
	r.serves(t, "three")
	if got := r.facts()[began:]; len(got) > 0 {
		t.Errorf("nothing serves beside it, and it takes over in steps: %v", got)
	}
}

// TestWhatEndsMeanwhileLeavesTheReleaseBefore: the run is canceled, and the daemon ends.
func TestWhatEndsMeanwhileLeavesTheReleaseBefore(t *testing.T) {
	t.Parallel()
	r := newRolling(t)
	if err := <-r.deploy(t.Context(), "one", nil); err != nil {
		t.Fatal(err)
	}
	canceled, cancel := context.WithCancelCause(t.Context())
	ended := r.deploy(canceled, "two", nil)
	r.at(t, "two", 1)
	cancel(errors.New("the run was canceled"))
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "the run was canceled") {
		t.Errorf("%v", err)
	}
	r.serves(t, "one")
	ended = r.deploy(t.Context(), "three", nil)
	r.at(t, "three", 1)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "Terrace is stopped") {
		t.Errorf("%v", err)
	}
	again := localtest.Start(t, r.config)
	localtest.Eventually(t, func() string {
		if _, release, ok := again.Upstream(localtest.Scope("dev"), "orders", "http"); !ok || release != "one" {
			return "the release before does not come back, but " + release
		}
		return ""
	})
	if _, _, weight := again.Shared(localtest.Scope("dev"), "orders", "http"); weight != 0 {
		t.Errorf("%d %% go elsewhere", weight)
	}
}
