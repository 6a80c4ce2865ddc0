package topic

import (
	"context"
	"maps"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/bridge"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
)

const (
	bridgeAckWait  = 30 * time.Second
	bridgeInFlight = 1024
)

// group is what the broker is to have of the bridge.
func (b Bridge) group() broker.Group {
	return broker.Group{Name: bridgePrefix + b.Name, Types: b.Types, AckWait: bridgeAckWait, MaxInFlight: bridgeInFlight, From: broker.Start{New: b.From != FromOldest}}
}

// runner runs a bridge, and knows what is noted of it.
type runner struct {
	bridge *bridge.Bridge
	kept   Bridge
	noted  bridge.Status
}

// run implements worker: it ends with its context alone.
func (r *runner) run(ctx context.Context) { _ = r.bridge.Run(ctx) }

func (r *runner) as(other *runner) bool {
	return r.kept.UpdatedAt.Equal(other.kept.UpdatedAt) && r.bridge.From.Name == other.bridge.From.Name && r.bridge.To.Name == other.bridge.To.Name
}

func (*runner) close() {}

// RunBridges runs the bridges that this process holds until ctx ends.
func (s *Service) RunBridges(ctx context.Context) error {
	return s.bridging.run(ctx, crossings{s}, s.Clock, s.Log)
}

// crossings are bridges that run.
type crossings struct{ *Service }

var (
	_ leases[*runner] = crossings{}
	_ worker[*runner] = (*runner)(nil)
)

func (s crossings) claim(ctx context.Context, holder string, now, until time.Time) ([]OfTopic, error) {
	return s.BridgeLeases.ClaimBridges(ctx, holder, s.Brokers.Home(), now, until)
}

func (s crossings) release(ctx context.Context, holder string) error {
	return s.BridgeLeases.ReleaseBridges(ctx, holder)
}

func (s crossings) ended(of OfTopic) { s.Metrics.unbridged(of) }

// note keeps what the bridges have done since it was kept before; what cannot be is kept the next
// time.
func (s crossings) note(ctx context.Context, holder string, running map[OfTopic]*runner) {
	for of, r := range running {
		now, before := r.bridge.Status(), r.noted
		more := BridgeState{
			Passed: now.Passed - before.Passed, Skipped: now.Skipped - before.Skipped, Rejected: now.Rejected - before.Rejected, Failures: now.Failures - before.Failures,
		}
		if now.Failing != nil {
			more.Problem = clean(now.Failing.Error())
		}
		if err := s.BridgeLeases.NoteBridge(ctx, of, holder, s.Clock.Now().UTC(), more); err != nil {
			s.Log.WarnContext(ctx, "what a bridge of topics has done is not kept yet", "topic", Account(of.Scope, of.Topic), "bridge", of.Name, "error", err)
			continue
		}
		r.noted = now
		s.Metrics.bridged(of, more)
	}
}

// read makes a bridge of what is kept.
func (s crossings) read(ctx context.Context, of OfTopic) (*runner, error) {
	from, err := s.Store.Get(ctx, of.Scope, of.Topic)
	if err != nil {
		return nil, err
	}
	kept, err := s.Bridges.Bridge(ctx, from, of.Name)
	if err != nil {
		return nil, err
	}
	to, err := s.Store.Get(ctx, of.Scope, kept.To)
	if err != nil {
		return nil, err
	}
	group := kept.group()
	end := func(t Topic) bridge.End {
		return bridge.End{Name: t.Broker + "/" + t.Account(), Topic: t.Account(), Broker: fenced{s.Broker, s.mayBridge}}
	}
	return &runner{kept: kept, bridge: &bridge.Bridge{
		Name: group.Name, From: end(from), To: end(to), Log: s.Log,
		Reject: func(ctx context.Context, d broker.Delivery, why error) error {
			return s.reject(ctx, from, group.Name, d, why)
		},
	}}, nil
}

// mayBridge refuses to take messages once another process may.
func (s *Service) mayBridge() error { return s.bridging.may(s.Clock.Now()) }

// fenced is a broker that messages are taken from and to only while may lets it.
type fenced struct {
	broker.Broker
	may func() error
}

func (f fenced) Fetch(ctx context.Context, topic, group string, limit int, wait time.Duration) ([]broker.Delivery, error) {
	if err := f.may(); err != nil {
		return nil, err
	}
	return f.Broker.Fetch(ctx, topic, group, limit, wait)
}

func (f fenced) Publish(ctx context.Context, topic string, messages []broker.Message) ([]broker.Position, error) {
	if err := f.may(); err != nil {
		return nil, err
	}
	return f.Broker.Publish(ctx, topic, messages)
}

// reject puts what the other topic never takes among the dead letters of its own.
func (s *Service) reject(ctx context.Context, from Topic, group string, d broker.Delivery, why error) error {
	m := d.Message
	m.Headers = maps.Clone(m.Headers)
	if m.Headers == nil {
		m.Headers = map[string]string{}
	}
	m.Headers[deadSubscription], m.Headers[deadReason] = group, clean(why.Error())
	m.Headers[deadAttempts], m.Headers[deadTime] = strconv.Itoa(d.Attempt), s.Clock.Now().UTC().Format(time.RFC3339)
	m.Headers[deadPlace] = strconv.Itoa(d.Position.Partition) + "/" + strconv.FormatUint(d.Position.Offset, 10)
	_, err := s.Broker.Publish(ctx, Account(from.Scope, deadName(from.Name)), []broker.Message{m})
	return err
}
