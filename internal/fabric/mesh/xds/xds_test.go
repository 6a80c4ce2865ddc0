package xds_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const strict = "apiVersion: mesh.terrace.dev/v1\nkind: Mesh\nmetadata: {name: default}\nspec: {mtls: strict}\n"

func TestCallsFollowAServiceThatMoves(t *testing.T) {
	t.Parallel()
	f := start(t)
	old := f.serves(t, dev("acme"), "orders")
	c := f.client(t, dev("acme"), "web", "orders:grpc")
	if err := check(t, c, ""); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var calls, failed atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if err := check(t, c, ""); err != nil {
				failed.Add(1)
			}
			calls.Add(1)
		}
	}()
	for range 3 {
		now := f.serves(t, dev("acme"), "orders")
		until(t, "a call at where the service has moved", func() bool { return now.calls.Load() > 0 })
		old.stop()
		old = now
	}
	cancel()
	<-done
	if failed.Load() > 0 || calls.Load() < 4 {
		t.Errorf("%d of %d calls have failed", failed.Load(), calls.Load())
	}
}

func TestWeightsHold(t *testing.T) {
	t.Parallel()
	f := start(t)
	one, two := f.serves(t, dev("acme"), "orders"), f.serves(t, dev("acme"), "orders-next")
	f.say(t, dev("acme"), `apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: orders}
spec:
  parentRefs: [{kind: Service, name: orders}]
  rules:
    - backendRefs: [{name: orders, port: 50051, weight: 3}, {name: orders-next, port: 50051, weight: 1}]
    - matches: [{headers: [{name: X-Team, value: blue}]}]
      backendRefs: [{name: orders-next, port: 50051}]
`)
	c := f.client(t, dev("acme"), "web", "orders")
	const calls = 800
	for range calls {
		if err := check(t, c, ""); err != nil {
			t.Fatal(err)
		}
	}
	// Of 800 that are drawn with a chance of a quarter, 140 to 260 are within five deviations.
	if n := two.calls.Load(); n < 140 || n > 260 || one.calls.Load()+n != calls {
		t.Errorf("%d calls for the one, %d for the other", one.calls.Load(), n)
	}
	before := one.calls.Load()
	for range 20 {
		if _, err := c.Check(metadata.AppendToOutgoingContext(t.Context(), "x-team", "blue"), &grpc_health_v1.HealthCheckRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	if one.calls.Load() != before {
		t.Error("the header was not matched")
	}
}

func TestRetriesAndTimeoutsAreHonoured(t *testing.T) {
	t.Parallel()
	f := start(t)
	orders := f.serves(t, dev("acme"), "orders")
	f.say(t, dev("acme"), `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: orders}
spec:
  parentRefs: [{kind: Service, name: orders}]
  rules:
    - matches: [{path: {value: /grpc.health.v1.Health}}]
      retry: {attempts: 2, codes: [503], backoff: 1ms}
      timeouts: {request: 500ms}
`)
	c := f.client(t, dev("acme"), "web", "orders")
	orders.failing.Store(2)
	if err := check(t, c, ""); err != nil || orders.calls.Load() != 3 {
		t.Fatalf("%d calls: %v", orders.calls.Load(), err)
	}
	orders.failing.Store(3)
	if err := check(t, c, ""); status.Code(err) != codes.Unavailable || orders.calls.Load() != 6 {
		t.Fatalf("%d calls: %v", orders.calls.Load(), err)
	}
	if err := check(t, c, "never"); status.Code(err) != codes.DeadlineExceeded || t.Context().Err() != nil {
		t.Error(err)
	}
}

func TestWhatNoRuleTakesHasNoBackend(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.serves(t, dev("acme"), "orders")
	f.say(t, dev("acme"), `apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: orders}
spec:
  parentRefs: [{kind: Service, name: orders}]
  rules: [{matches: [{method: {service: grpc.health.v1.Health, method: Check}}]}]
`)
	c := f.client(t, dev("acme"), "web", "orders")
	if err := check(t, c, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := c.List(t.Context(), &grpc_health_v1.HealthListRequest{}); status.Code(err) != codes.Unavailable {
		t.Error(err)
	}
}

func TestAStrictMeshRefusesWhatIsNotAllowed(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.say(t, dev("acme"), strict)
	f.proves(t, dev("acme"), "orders", "orders")
	web, stranger := f.client(t, dev("acme"), "web", "orders"), f.client(t, dev("acme"), "stranger", "orders")
	if err := check(t, web, ""); status.Code(err) != codes.PermissionDenied {
		t.Fatalf("without a rule: %v", err)
	}
	f.say(t, dev("acme"), strict+`---
apiVersion: mesh.terrace.dev/v1
kind: AuthorizationPolicy
metadata: {name: orders}
spec:
  targetRef: {kind: Service, name: orders}
  rules: [{from: [{workload: web}], methods: [POST], paths: [/grpc.health.v1.Health/Check]}]
`)
	until(t, "the rule", func() bool { return check(t, web, "") == nil })
	if _, err := web.List(t.Context(), &grpc_health_v1.HealthListRequest{}); status.Code(err) != codes.PermissionDenied {
		t.Errorf("another path: %v", err)
	}
	if err := check(t, stranger, ""); status.Code(err) != codes.PermissionDenied {
		t.Errorf("another workload: %v", err)
	}
	f.say(t, dev("acme"), strict+`---
apiVersion: mesh.terrace.dev/v1
kind: AuthorizationPolicy
metadata: {name: all}
spec: {rules: [{from: [{workload: "*"}]}]}
`)
	until(t, "the rule for all", func() bool { return check(t, stranger, "") == nil })
}

func TestAnAnswerOfAnotherIDIsRefused(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.say(t, dev("acme"), strict)
	thief := f.proves(t, dev("acme"), "orders", "thief")
	c := f.client(t, dev("acme"), "web", "orders")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := c.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	if status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "SAN") || thief.calls.Load() > 0 {
		t.Error(err)
	}
}

func TestANameIsThatOfTheCallersStage(t *testing.T) {
	t.Parallel()
	f := start(t)
	acme, other := f.serves(t, dev("acme"), "orders"), f.serves(t, dev("other"), "orders")
	c := f.client(t, dev("other"), "web", "orders")
	for range 20 {
		if err := check(t, c, ""); err != nil {
			t.Fatal(err)
		}
	}
	if acme.calls.Load() != 0 || other.calls.Load() != 20 {
		t.Errorf("%d calls at the other tenant, %d at its own", acme.calls.Load(), other.calls.Load())
	}
}

// TestTheReleaseThatTakesOverHasItsShare of the calls of gRPC.
func TestTheReleaseThatTakesOverHasItsShare(t *testing.T) {
	t.Parallel()
	f := start(t)
	two := f.serves(t, dev("acme"), "orders")
	one := f.serves(t, dev("acme"), "orders")
	c := f.client(t, dev("acme"), "web", "orders")
	calls := func(n int64) (before, next int64) {
		began, beganNext := one.calls.Load(), two.calls.Load()
		for range n {
			if err := check(t, c, ""); err != nil {
				t.Fatal(err)
			}
		}
		return one.calls.Load() - began, two.calls.Load() - beganNext
	}
	if before, next := calls(20); before != 20 || next != 0 {
		t.Errorf("before it began: %d and %d", before, next)
	}
	f.change(func() { f.next, f.weight = two.addr, 25 })
	until(t, "a call of the next release", func() bool { _, next := calls(1); return next > 0 })
	// Of 400 that are drawn with a chance of a quarter, 57 to 143 are within five deviations.
	if before, next := calls(400); next < 57 || next > 143 || before+next != 400 {
		t.Errorf("25 %%: %d and %d", before, next)
	}
	f.change(func() { f.weight = 100 })
	until(t, "the next release alone", func() bool { before, _ := calls(40); return before == 0 })
	f.change(func() { f.weight = 0 })
	until(t, "the release before alone", func() bool { _, next := calls(40); return next == 0 })
	if before, next := calls(100); before != 100 {
		t.Errorf("after an abort: %d and %d", before, next)
	}
}
