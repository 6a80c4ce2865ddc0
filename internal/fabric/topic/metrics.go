package topic

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

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

// Measure notes how far behind every subscription is.
func (s *Service) Measure(ctx context.Context) error {
	all, err := s.Subscriptions.AllSubscriptions(ctx)
	if err != nil || s.Metrics == nil {
		return err
	}
	m := s.Metrics
	m.pending.Reset()
	m.inFlight.Reset()
	m.oldest.Reset()
	for _, one := range all {
		lag, err := s.Broker.Lag(ctx, Account(one.Scope, one.Topic), one.Name)
		if err != nil { // it is gone, another daemon's to measure, or on a broker that is away
			if !kernel.Is(err, kernel.NotFound) && !kernel.Is(err, kernel.Refused) {
				s.Log.DebugContext(ctx, "how far behind a subscription is cannot be told", "topic", Account(one.Scope, one.Topic), "subscription", one.Name, "error", err)
			}
			continue
		}
		labels := []string{one.Scope.Tenant, one.Scope.Project, one.Scope.Stage, one.Topic, one.Name}
		m.pending.WithLabelValues(labels...).Set(float64(lag.Pending))
		m.inFlight.WithLabelValues(labels...).Set(float64(lag.InFlight))
		age := 0.0
		if !lag.Oldest.IsZero() {
			age = max(0, s.Clock.Now().Sub(lag.Oldest).Seconds())
		}
		m.oldest.WithLabelValues(labels...).Set(age)
	}
	return nil
}
