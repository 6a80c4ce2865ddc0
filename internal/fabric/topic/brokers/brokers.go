package brokers

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// pingWithin bounds how long a broker may take to say that it is there.
const pingWithin = 5 * time.Second

// statesFor is how long what was told of all brokers is told again.
const statesFor = 5 * time.Second

// Driver is a broker that tells whether it is there.
type Driver interface {
	broker.Broker
	// Ping is Unavailable while it does not answer.
	Ping(ctx context.Context) error
}

// Named is a broker with what is told of it.
type Named struct {
	topic.BrokerInfo
	Driver
}

// place is where a topic is.
type place struct{ broker, home string }

// Set is brokers by name, of which one is the default. It is a broker.Broker, and
// topic.Brokers.
type Set struct {
	home, byDefault string
	all             []Named
	find            func(ctx context.Context, account string) (broker, home string, err error)

	mu     sync.Mutex
	places map[string]place

	asking sync.Mutex
	asked  time.Time
	states []topic.BrokerState
}

var (
	_ broker.Broker = (*Set)(nil)
	_ topic.Brokers = (*Set)(nil)
)

// New returns the brokers as one. home names the embedded server of this process; find
// returns where a topic is of which Locate has said nothing.
func New(home string, all []Named, find func(ctx context.Context, account string) (broker, home string, err error)) *Set {
	s := &Set{home: home, all: all, find: find, places: map[string]place{}}
	for _, b := range all {
		if b.Default {
			s.byDefault = b.Name
		}
	}
	return s
}

// Default implements topic.Brokers.
func (s *Set) Default() string { return s.byDefault }

// Home implements topic.Brokers.
func (s *Set) Home() string { return s.home }

// Info implements topic.Brokers.
func (s *Set) Info(name string) (topic.BrokerInfo, error) {
	b, err := s.named(name)
	return b.BrokerInfo, err
}

func (s *Set) named(name string) (Named, error) {
	for _, b := range s.all {
		if b.Name == name {
			return b, nil
		}
	}
	return Named{}, kernel.Errorf(kernel.NotFound, "there is no broker %q", name).WithFix("see those that there are with: terrace topic brokers")
}

// States implements topic.Brokers: all are asked at once, and again after five seconds.
func (s *Set) States(ctx context.Context) []topic.BrokerState {
	s.asking.Lock()
	defer s.asking.Unlock()
	if s.states == nil || time.Since(s.asked) >= statesFor {
		s.states = s.ask(context.WithoutCancel(ctx))
		s.asked = time.Now()
	}
	return slices.Clone(s.states)
}

func (s *Set) ask(ctx context.Context) []topic.BrokerState {
	ctx, cancel := context.WithTimeout(ctx, pingWithin)
	defer cancel()
	out := make([]topic.BrokerState, len(s.all))
	var asked sync.WaitGroup
	for i, b := range s.all {
		asked.Go(func() {
			out[i] = topic.BrokerState{BrokerInfo: b.BrokerInfo, OK: true}
			if err := b.Ping(ctx); err != nil {
				out[i].OK, out[i].Message = false, err.Error()
			}
		})
	}
	asked.Wait()
	return out
}

// Locate implements topic.Brokers.
func (s *Set) Locate(account, broker, home string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.places[account] = place{broker, home}
}

func (s *Set) forget(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.places, account)
}

// at returns the broker that has a topic. known says that it was not looked up for this call.
func (s *Set) at(ctx context.Context, account string) (b Driver, known bool, err error) {
	s.mu.Lock()
	p, known := s.places[account]
	s.mu.Unlock()
	if !known {
		if p.broker, p.home, err = s.find(ctx, account); err != nil {
			return nil, false, err
		}
		s.Locate(account, p.broker, p.home)
	}
	if !topic.Served(p.broker, p.home, s.home) {
		return nil, known, topic.Elsewhere(account, p.home)
	}
	one, err := s.named(p.broker)
	if err != nil {
		return nil, known, missing(account, p.broker)
	}
	return one.Driver, known, nil
}

func missing(account, broker string) error {
	return kernel.Errorf(kernel.Refused, "topic %s is on the broker %s, which the configuration does not have", account, broker).
		WithFix("put it back among the brokers of the configuration, or delete the topic")
}

// on does something with a topic at its broker. Another process may have deleted it and made
// it anew on another one: where it is not found it is looked up again, once.
func (s *Set) on(ctx context.Context, account string, do func(b Driver) error) error {
	b, known, err := s.at(ctx, account)
	if err == nil {
		err = do(b)
	}
	if !known || !kernel.Is(err, kernel.NotFound) && !kernel.Is(err, kernel.Refused) {
		return err
	}
	s.mu.Lock()
	before := s.places[account]
	s.mu.Unlock()
	s.forget(account)
	b, _, again := s.at(ctx, account)
	s.mu.Lock()
	now := s.places[account]
	s.mu.Unlock()
	if now == before || again != nil {
		return err
	}
	return do(b)
}

// Close closes all.
func (s *Set) Close() {
	for _, b := range s.all {
		b.Close()
	}
}
