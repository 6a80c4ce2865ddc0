package natsbroker

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker/inflight"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// idleAfter is how long messages stay in hand that nobody fetches.
	idleAfter = 5 * time.Second
	// gatherEvery is how often a session looks whether it has all that was out.
	gatherEvery = 50 * time.Millisecond
	maxPull     = 256
)

// session is this process's part in a group, while it fetches: a pull that goes on,
// and the window of what came.
//
// It hands nothing out while it gathers: when it begins, and after the connection was
// lost, messages may be out that it does not have, and later ones of their keys must
// wait for them. It has gathered when the server says that nothing is out but what is
// in the window, or when the server must have sent the others again.
type session struct {
	id       groupID
	place    *place
	consumer jetstream.Consumer
	window   *inflight.Window
	wait     time.Duration
	types    []string
	pull     int

	mu         sync.Mutex
	flow       *flow
	gathering  bool
	since      time.Time
	reconnects uint64
	fetching   int
	lastFetch  time.Time
	failed     error
}

// flow is a pull that goes on until stop is closed. pumped is closed when all that came
// is in the window.
type flow struct {
	messages     jetstream.MessagesContext
	stop, pumped chan struct{}
}

// session returns the session of a group, if there is one.
func (b *Broker) session(topic, group string) *session {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sessions[groupID{topic, group}]
}

// join returns the group's session, which is begun where there is none.
func (b *Broker) join(ctx context.Context, topic, group string) (*session, error) {
	if s := b.session(topic, group); s != nil {
		return s, nil
	}
	p, err := b.at(ctx, topic)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	c, err := p.js.Consumer(ctx, p.stream, group)
	if err != nil {
		return nil, failure(what(topic, group), err)
	}
	s := newSession(groupID{topic, group}, p, c)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, kernel.Errorf(kernel.Unavailable, "the broker is closed")
	}
	if other := b.sessions[s.id]; other != nil {
		return other, nil
	}
	b.sessions[s.id] = s
	return s, nil
}

func newSession(id groupID, p *place, c jetstream.Consumer) *session {
	config := c.CachedInfo().Config
	s := &session{id: id, place: p, consumer: c, wait: config.AckWait * 4 / 5, pull: min(maxPull, max(config.MaxAckPending, 1))}
	if n, err := strconv.ParseInt(config.Metadata[waitKey], 10, 64); err == nil && n > 0 {
		s.wait = time.Duration(n)
	}
	if types := config.Metadata[typesKey]; types != "" {
		s.types = strings.Split(types, ",")
	}
	s.window = inflight.New(s.wait, true)
	return s
}

// endSessions ends the sessions of a topic, or of one group of it, and gives back what
// is in their hands.
func (b *Broker) endSessions(topic, group string) {
	for _, s := range b.take(topic, group) {
		s.end(true)
	}
}

// forgetSessions ends them when nothing need be given back.
func (b *Broker) forgetSessions(topic, group string) {
	for _, s := range b.take(topic, group) {
		s.end(false)
	}
}

func (b *Broker) take(topic, group string) (all []*session) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, s := range b.sessions {
		if id.topic == topic && (group == "" || id.group == group) {
			all = append(all, s)
			delete(b.sessions, id)
		}
	}
	return all
}

// enter says that somebody fetches, and begins to pull.
func (s *session) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetching++
	if s.flow != nil {
		return nil
	}
	messages, err := s.consumer.Messages(jetstream.PullMaxMessages(s.pull), jetstream.WithMessagesErrOnMissingHeartbeat(false))
	if err != nil {
		s.fetching--
		return err
	}
	f := &flow{messages, make(chan struct{}), make(chan struct{})}
	s.flow, s.failed = f, nil
	s.gather()
	go s.pump(f)
	go s.tend(f)
	return nil
}

func (s *session) exit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetching--
	s.lastFetch = time.Now()
}

// gather begins gathering. The caller has the lock.
func (s *session) gather() {
	s.gathering, s.since, s.reconnects = true, time.Now(), s.place.conn.Stats().Reconnects
}

// pump takes what is pulled into the window.
func (s *session) pump(f *flow) {
	defer close(f.pumped)
	for {
		m, err := f.messages.Next()
		if err != nil {
			s.broke(f, err)
			return
		}
		d, err := delivery(m)
		if err != nil {
			_ = m.Term() // no message of a stream
			continue
		}
		if len(s.types) > 0 && !slices.Contains(s.types, d.Type) {
			_ = m.Ack() // else it comes again, and is passed over again
			continue
		}
		s.mu.Lock()
		if s.place.conn.Stats().Reconnects != s.reconnects {
			s.gather()
		}
		s.window.Offer(d, time.Now())
		s.mu.Unlock()
	}
}

// broke ends a pull that was not ended here. Whoever fetches learns why.
func (s *session) broke(f *flow, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flow != f {
		return
	}
	s.flow, s.failed = nil, err
	close(f.stop)
	f.messages.Stop()
	s.window.Drop(func(_ broker.Delivery, isOut bool) bool { return !isOut })
}

// tend keeps the server from sending again what is held here, and ends a pull that
// nobody fetches from.
func (s *session) tend(f *flow) {
	tick := time.NewTicker(max(s.wait/8, 10*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-f.stop:
			return
		case <-tick.C:
		}
		for _, d := range s.window.Untouched(s.wait/8, time.Now()) {
			_ = s.place.conn.Publish(d.Token, []byte("+WPI"))
		}
		if s.pause(f) {
			return
		}
	}
}

// pause stops a pull that nobody fetches from, unless a message is to come again later.
// What was not handed out is given back.
func (s *session) pause(f *flow) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flow != f || s.fetching > 0 || time.Since(s.lastFetch) < idleAfter || s.window.Delayed(time.Now()) {
		return false
	}
	s.flow = nil
	close(f.stop)
	s.giveBack(f, false)
	return true
}

// end stops the session; where give is set, what is in hand is given back.
func (s *session) end(give bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.flow
	s.flow, s.failed = nil, kernel.Errorf(kernel.Unavailable, "%s is not fetched from any more", what(s.id.topic, s.id.group))
	if f != nil {
		close(f.stop)
	}
	if give {
		s.giveBack(f, true)
	} else if f != nil {
		f.messages.Stop()
	}
	s.window.Drop(func(broker.Delivery, bool) bool { return true })
}

// giveBack has the server send again what is held here, in order. The caller has the
// lock.
func (s *session) giveBack(f *flow, withOut bool) {
	if f != nil {
		f.messages.Drain() // what has come goes into the window first
		s.mu.Unlock()
		<-f.pumped
		s.mu.Lock()
	}
	for _, d := range s.window.Drop(func(_ broker.Delivery, isOut bool) bool { return withOut || !isOut }) {
		_ = s.place.conn.Publish(d.Token, []byte("-NAK"))
	}
	_ = s.place.conn.FlushTimeout(callTimeout)
}

// gathered reports whether messages may be handed out.
func (s *session) gathered(ctx context.Context) (bool, error) {
	s.mu.Lock()
	if s.place.conn.Stats().Reconnects != s.reconnects {
		s.gather()
	}
	gathering, since := s.gathering, s.since
	s.mu.Unlock()
	if !gathering {
		return true, nil
	}
	before := s.window.Counts()
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	info, err := s.consumer.Info(ctx)
	if err != nil {
		return false, err
	}
	after := s.window.Counts()
	s.mu.Lock()
	defer s.mu.Unlock()
	complete := before.Settled == after.Settled && info.NumAckPending <= before.Held+before.Out
	if s.since.Equal(since) && (complete || time.Since(since) > s.wait+s.wait/2) {
		s.gathering = false
	}
	return !s.gathering, nil
}
