package app

import (
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local"
	localcanary "github.com/terrace-idp/terrace/internal/target/local/canary"
)

// localRollouts tells the local target what stages say of rollouts.
type localRollouts struct{ stages *stage.Set }

// Strategy implements local.Rollouts. A stage that is gone has none.
func (l localRollouts) Strategy(name string) (localcanary.Strategy, bool) {
	s, err := l.stages.Get(name)
	if err != nil {
		return localcanary.Strategy{}, false
	}
	r, ok := s.Rollouts()
	a := r.Analysis
	out := localcanary.Strategy{Analysis: localcanary.Analysis{
		SuccessRate: a.SuccessRate, LatencyP99: time.Duration(a.LatencyP99), MinRequests: int64(a.MinRequests),
		MaxWait: time.Duration(a.MaxWait), PassWithoutTraffic: a.NoData == stage.NoDataPass,
	}}
	for _, step := range r.Steps {
		out.Steps = append(out.Steps, localcanary.Step{Weight: step.SetWeight, Pause: time.Duration(step.Pause)})
	}
	return out, ok
}

// localAnswers tells the local target what its instances answer at the gateway, and what their
// sidecars report.
type localAnswers struct{ instances *traffic.Instances }

// Watch implements local.Answers.
func (l localAnswers) Watch(scope kernel.Scope, service, release string, addrs []string) (seen func() localcanary.Seen, stop func()) {
	tally, stop := l.instances.Watch(append(addrs, sidecarsOf(scope, service, release)))
	return func() localcanary.Seen {
		t := tally()
		return localcanary.Seen{Requests: t.Requests(), Failed: t.Classes[5], P99: t.Quantile(.99)}
	}, stop
}

// answered takes what sidecars beside a release report that it has answered.
func (l localAnswers) answered(scope kernel.Scope, workload, release string, t traffic.Tally) {
	l.instances.Add(sidecarsOf(scope, workload, release), t)
}

// sidecarsOf is what the sidecars of a release count under; it is no address.
func sidecarsOf(scope kernel.Scope, workload, release string) string {
	return "sidecars of " + scope.String() + "/" + workload + "@" + release
}

// sharing are the services of the local target, each with the release that takes over from
// the one that serves.
type sharing struct{ *local.Service }

var (
	_ proxy.Endpoints = sharing{}
	_ proxy.Ports     = sharing{}
	_ run.Serving     = sharing{}
)

// Serves implements run.Serving.
func (s sharing) Serves(scope kernel.Scope, workload string) (run.Standing, bool) {
	release, under, ok := s.Serving(scope, workload)
	now := run.Standing{Release: release}
	if under != nil && under.Step > 0 {
		now.Rollout = &run.Rollout{To: under.To, Step: under.Step, Steps: under.Steps, Weight: under.Weight, StartedAt: under.StartedAt, StepAt: under.StepAt}
	}
	return now, ok
}

// Endpoints implements proxy.Endpoints.
func (s sharing) Endpoints(to []upstream.Endpoint, scope kernel.Scope, service, port string) []upstream.Endpoint {
	addr, release, ok := s.Upstream(scope, service, port)
	if !ok {
		return to
	}
	next, upcoming, weight := s.Shared(scope, service, port)
	if weight < 100 {
		to = append(to, upstream.Endpoint{Addr: addr, Release: release, Weight: (100 - weight) * min(weight, 1)})
	}
	if weight > 0 {
		to = append(to, upstream.Endpoint{Addr: next, Release: upcoming, Weight: weight})
	}
	return to
}
