package topic

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// MeasureEvery is how often the lag of subscriptions is measured.
const MeasureEvery = 15 * time.Second

// Metrics counts events, and has how far behind subscriptions are.
type Metrics struct {
	events, deliveries *prometheus.CounterVec
	pending, inFlight  *prometheus.GaugeVec
	oldest             *prometheus.GaugeVec
	bridges            *prometheus.CounterVec
	bridgePending      *prometheus.GaugeVec
}

// NewMetrics registers the metrics of topics.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	topic := []string{"tenant", "project", "stage", "topic"}
	subscription := append(topic[:4:4], "subscription")
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, subscription)
	}
	m := &Metrics{
		events:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "terrace_topic_events_total", Help: "Events that were published through the API, by what became of them: kept, refused or failed."}, append(topic[:4:4], "result")),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "terrace_topic_deliveries_total", Help: "Deliveries that were posted or pulled, by how they ended: acknowledged, returned or dead."}, append(subscription[:5:5], "result")),
		pending:    gauge("terrace_topic_subscription_pending_events", "Events that wait for a subscription."),
		inFlight:   gauge("terrace_topic_subscription_in_flight_events", "Events of a subscription that are out, or wait to come again."),
		oldest:     gauge("terrace_topic_subscription_oldest_seconds", "The age of the oldest event that a subscription has not acknowledged, in seconds."),
	}
	over := append(topic[:4:4], "bridge")
	m.bridges = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "terrace_topic_bridge_events_total", Help: "Events that bridges took, by what became of them: passed, skipped or rejected."}, append(over[:5:5], "result"))
	m.bridgePending = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "terrace_topic_bridge_pending_events", Help: "Events that wait for a bridge, at the process that runs it."}, over)
	for _, c := range []prometheus.Collector{m.bridges, m.bridgePending, m.events, m.deliveries, m.pending, m.inFlight, m.oldest} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register topic metrics: %w", err)
		}
	}
	return m, nil
}

func (m *Metrics) published(t Topic, result string, n int) {
	if m != nil {
		m.events.WithLabelValues(t.Scope.Tenant, t.Scope.Project, t.Scope.Stage, t.Name, result).Add(float64(n))
	}
}

func (m *Metrics) delivered(t Topic, sub Subscription, result string) {
	m.deliveredMany(t, sub, result, 1)
}

func (m *Metrics) deliveredMany(t Topic, sub Subscription, result string, n int) {
	if m != nil {
		m.deliveries.WithLabelValues(t.Scope.Tenant, t.Scope.Project, t.Scope.Stage, t.Name, sub.Name, result).Add(float64(n))
	}
}

// bridged counts what a bridge has done more.
func (m *Metrics) bridged(of OfTopic, more BridgeState) {
	if m == nil {
		return
	}
	for result, n := range map[string]uint64{"passed": more.Passed, "skipped": more.Skipped, "rejected": more.Rejected} {
		m.bridges.WithLabelValues(append(of.labels(), result)...).Add(float64(n))
	}
}

func (m *Metrics) behind(of OfTopic, pending uint64) {
	if m != nil {
		m.bridgePending.WithLabelValues(of.labels()...).Set(float64(pending))
	}
}

// unbridged forgets how far behind a bridge is that others may run now.
func (m *Metrics) unbridged(of OfTopic) {
	if m != nil {
		m.bridgePending.DeleteLabelValues(of.labels()...)
	}
}

func (of OfTopic) labels() []string {
	return []string{of.Scope.Tenant, of.Scope.Project, of.Scope.Stage, of.Topic, of.Name}
}

// measureWithin bounds how long a broker may take to tell how far behind a group is.
const measureWithin = 5 * time.Second

// measuring asks brokers how far behind groups are; one that is away it asks no more.
type measuring struct {
	*Service

	on   map[string]string
	away map[string]bool
}

// Measure notes how far behind every subscription is, and every bridge that this process runs.
func (s *Service) Measure(ctx context.Context) error {
	if s.Metrics == nil {
		return nil
	}
	all, err := s.Subscriptions.AllSubscriptions(ctx)
	if err != nil {
		return err
	}
	topics, err := s.Store.All(ctx)
	if err != nil {
		return err
	}
	round := measuring{s, map[string]string{}, map[string]bool{}}
	for _, t := range topics {
		round.on[t.Account()] = t.Broker
	}
	told := map[OfTopic]broker.Lag{}
	for _, one := range all {
		if lag, ok := round.lag(ctx, Account(one.Scope, one.Topic), one.Name); ok {
			told[one] = lag
		}
	}
	s.Metrics.lagging(told, s.Clock.Now())
	for of, r := range s.bridging.now() {
		if lag, ok := round.lag(ctx, r.bridge.From.Topic, r.bridge.Name); ok {
			s.bridging.whileRunning(of, func() { s.Metrics.behind(of, lag.Pending+lag.InFlight) })
		}
	}
	return nil
}

// lag is how far behind a group is. It is not told where the group is gone or another daemon's
// to measure, nor on a broker that is away.
func (m measuring) lag(ctx context.Context, account, group string) (broker.Lag, bool) {
	at := m.on[account]
	if m.away[at] {
		return broker.Lag{}, false
	}
	within, cancel := context.WithTimeout(ctx, measureWithin)
	defer cancel()
	lag, err := m.Broker.Lag(within, account, group)
	if err != nil && !kernel.Is(err, kernel.NotFound) && !kernel.Is(err, kernel.Refused) {
		m.away[at] = kernel.Is(err, kernel.Unavailable) || within.Err() != nil
		m.Log.DebugContext(ctx, "how far behind a group is cannot be told", "topic", account, "group", group, "error", err)
	}
	return lag, err == nil
}

// lagging has the gauges of subscriptions tell what is told, and nothing else.
func (m *Metrics) lagging(told map[OfTopic]broker.Lag, now time.Time) {
	m.pending.Reset()
	m.inFlight.Reset()
	m.oldest.Reset()
	for of, lag := range told {
		m.pending.WithLabelValues(of.labels()...).Set(float64(lag.Pending))
		m.inFlight.WithLabelValues(of.labels()...).Set(float64(lag.InFlight))
		age := 0.0
		if !lag.Oldest.IsZero() {
			age = max(0, now.Sub(lag.Oldest).Seconds())
		}
		m.oldest.WithLabelValues(of.labels()...).Set(age)
	}
}
