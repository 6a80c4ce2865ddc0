package topic

import (
	"context"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/bridge"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	bridgeAckWait  = 30 * time.Second
	bridgeInFlight = 1024
)

// group is what the broker is to have of the bridge.
func (b Bridge) group() broker.Group {
	return broker.Group{Name: bridgePrefix + b.Name, Types: b.Types, AckWait: bridgeAckWait, MaxInFlight: bridgeInFlight, From: broker.Start{New: b.From != FromOldest}}
}

// bridging are the bridges that this process runs.
type bridging struct {
	holder  string
	changed chan struct{}

	mu    sync.Mutex
	until time.Time
	// all is changed by RunBridges alone, which reads it without mu.
	all map[OfTopic]*running
}

func newBridging() bridging {
	return bridging{holder: kernel.NewID("tpb"), changed: make(chan struct{}, 1), all: map[OfTopic]*running{}}
}

func (b *bridging) nudge(err error) {
	if err != nil {
		return
	}
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// running is a bridge that runs, with what is noted of it.
type running struct {
	bridge *bridge.Bridge
	from   Topic
	kept   Bridge
	noted  bridge.Status
	cancel context.CancelFunc
	over   chan struct{}
}

// RunBridges runs the bridges that this process holds until ctx ends.
func (s *Service) RunBridges(ctx context.Context) error {
	timer := time.NewTicker(claimEvery)
	defer timer.Stop()
	defer s.stopBridges(ctx)
	for {
		if err := s.claimBridges(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.bridging.changed:
		case <-timer.C:
		}
	}
}

func (s *Service) claimBridges(ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, claimWithin)
	defer cancel()
	s.noteBridges(within)
	now := s.Clock.Now()
	mine, err := s.BridgeLeases.ClaimBridges(within, s.bridging.holder, s.Brokers.Home(), now, now.Add(leaseTerm))
	if err != nil {
		return err
	}
	s.bridging.mu.Lock()
	s.bridging.until = now.Add(leaseTerm)
	s.bridging.mu.Unlock()
	wanted := map[OfTopic]*running{}
	for _, one := range mine {
		r, err := s.runnable(within, one)
		if kernel.Is(err, kernel.NotFound) {
			continue // it was deleted meanwhile
		}
		if err != nil { // one that runs goes on as it does
			s.Log.WarnContext(ctx, "a bridge of topics cannot be read", "topic", Account(one.Scope, one.Topic), "bridge", one.Name, "error", err)
			r = s.bridging.all[one]
		}
		if r != nil {
			wanted[one] = r
		}
	}
	s.replaceBridges(ctx, wanted)
	return nil
}

// runnable makes a bridge of what is kept.
func (s *Service) runnable(ctx context.Context, of OfTopic) (*running, error) {
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
	return &running{from: from, kept: kept, over: make(chan struct{}), bridge: &bridge.Bridge{
		Name: group.Name, From: end(from), To: end(to), Log: s.Log,
		Reject: func(ctx context.Context, d broker.Delivery, why error) error {
			return s.reject(ctx, from, group.Name, d, why)
		},
	}}, nil
}

// replaceBridges ends those that are not wanted as they are, and begins those that are new.
func (s *Service) replaceBridges(ctx context.Context, wanted map[OfTopic]*running) {
	for of, r := range s.bridging.all {
		if w := wanted[of]; w == nil || !w.kept.UpdatedAt.Equal(r.kept.UpdatedAt) || w.bridge.From.Name != r.bridge.From.Name || w.bridge.To.Name != r.bridge.To.Name {
			r.cancel()
			<-r.over
			s.bridging.put(of, nil)
			s.Metrics.unbridged(of)
		}
	}
	for of, r := range wanted {
		if s.bridging.all[of] != nil {
			continue
		}
		running, cancel := context.WithCancel(kernel.WithActor(ctx, kernel.System("topics", of.Scope.Tenant)))
		r.cancel = cancel
		go func() {
			defer close(r.over)
			_ = r.bridge.Run(running) // it ends with its context alone
		}()
		s.bridging.put(of, r)
	}
}

// put has a bridge run, or no longer where r is nil.
func (b *bridging) put(of OfTopic, r *running) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all[of] = r; r == nil {
		delete(b.all, of)
	}
}

// now are the bridges that run.
func (b *bridging) now() map[OfTopic]*running {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.all)
}

// noteBridges keeps what the bridges have done since it was kept before; what cannot be is kept
// the next time.
func (s *Service) noteBridges(ctx context.Context) {
	for of, r := range s.bridging.all {
		now, before := r.bridge.Status(), r.noted
		more := BridgeState{
			Passed: now.Passed - before.Passed, Skipped: now.Skipped - before.Skipped, Rejected: now.Rejected - before.Rejected, Failures: now.Failures - before.Failures,
		}
		if now.Failing != nil {
			more.Problem = clean(now.Failing.Error())
		}
		if err := s.BridgeLeases.NoteBridge(ctx, of, s.bridging.holder, s.Clock.Now().UTC(), more); err != nil {
			s.Log.WarnContext(ctx, "what a bridge of topics has done is not kept yet", "topic", Account(of.Scope, of.Topic), "bridge", of.Name, "error", err)
			continue
		}
		r.noted = now
		s.Metrics.bridged(of, more)
	}
}

// stopBridges ends all, and lets other processes take over at once.
func (s *Service) stopBridges(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimWithin)
	defer cancel()
	for _, r := range s.bridging.all {
		r.cancel()
		<-r.over
	}
	s.noteBridges(ctx)
	s.replaceBridges(ctx, nil)
	if err := s.BridgeLeases.ReleaseBridges(ctx, s.bridging.holder); err != nil {
		s.Log.WarnContext(ctx, "bridges of topics were not given back: they rest until others may take them", "for", leaseTerm, "error", err)
	}
}

// mayBridge refuses to take messages once another process may.
func (s *Service) mayBridge() error {
	s.bridging.mu.Lock()
	defer s.bridging.mu.Unlock()
	if !s.Clock.Now().Before(s.bridging.until.Add(-leaseMargin)) {
		return kernel.Errorf(kernel.Stale, "the bridge may be another process's now")
	}
	return nil
}

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
