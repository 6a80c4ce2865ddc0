package kafkabroker

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker/inflight"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// idleAfter is how long a member stays in a group that nobody fetches for and that
	// has nothing out.
	idleAfter = 5 * time.Second
	// sessionTimeout is how long the cluster waits for a member that says nothing.
	sessionTimeout = 10 * time.Second
	tendEvery      = 500 * time.Millisecond
	maxPoll        = 256
)

// session is this process's membership in a group, and the window of what it has.
// While a message waits to come again, what was acknowledged behind it is in memory
// alone: the offset of its partition stays before it.
type session struct {
	id     groupID
	group  broker.Group
	limit  time.Duration
	client *kgo.Client
	window *inflight.Window
	cancel context.CancelFunc
	ended  chan struct{}

	// committing has one commit after the other.
	committing sync.Mutex
	committed  map[int32]uint64

	mu        sync.Mutex
	next      map[int32]uint64
	fetching  int
	lastFetch time.Time
	failed    error
}

// session returns the session of a group, if there is one.
func (b *Broker) session(id groupID) *session {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sessions[id]
}

// take removes the sessions of a topic, or of one group of it.
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

// join returns the group's session for somebody who fetches. It becomes a member where
// it is not yet.
func (b *Broker) join(ctx context.Context, id groupID) (*session, error) {
	if s := b.enter(id); s != nil {
		return s, nil
	}
	bounded, cancel := context.WithTimeout(ctx, b.cluster.Timeout)
	defer cancel()
	if _, known, err := b.offsets(bounded, id); err != nil || !known {
		if err == nil {
			err = kernel.Errorf(kernel.NotFound, "there is no %s", id.what())
		}
		return nil, err
	}
	g, err := b.settings(bounded, id)
	if err != nil {
		return nil, err
	}
	s, err := b.newSession(id, g)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	other, closed := b.sessions[id], b.closed
	if other == nil && !closed {
		b.sessions[id] = s
	}
	b.mu.Unlock()
	switch {
	case closed:
		s.end()
		return nil, kernel.Errorf(kernel.Unavailable, "the broker is closed")
	case other != nil:
		s.end()
	}
	if s := b.enter(id); s != nil {
		return s, nil
	}
	return nil, kernel.Errorf(kernel.Unavailable, "%s was left just now", id.what())
}

// enter says that somebody fetches.
func (b *Broker) enter(id groupID) *session {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.sessions[id]
	if s != nil {
		s.mu.Lock()
		s.fetching++
		s.mu.Unlock()
	}
	return s
}

func (s *session) exit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetching--
	s.lastFetch = time.Now()
}

func (b *Broker) newSession(id groupID, g broker.Group) (*session, error) {
	s := &session{
		id: id, group: g, limit: b.cluster.Timeout, window: inflight.New(g.AckWait, false), next: map[int32]uint64{}, committed: map[int32]uint64{},
		ended: make(chan struct{}), lastFetch: time.Now(),
	}
	client, err := b.connect(
		kgo.ConsumerGroup(id.String()), kgo.ConsumeTopics(id.topic), kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.SessionTimeout(sessionTimeout), kgo.HeartbeatInterval(sessionTimeout/5),
		kgo.RebalanceTimeout(sessionTimeout), kgo.FetchMaxWait(500*time.Millisecond), kgo.FetchMaxBytes(8<<20),
		kgo.OnPartitionsRevoked(s.lose), kgo.OnPartitionsLost(s.lose),
	)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.client, s.cancel = client, cancel
	go s.pump(ctx)
	go b.tend(ctx, s)
	return s, nil
}

// lose forgets partitions that another member gets.
func (s *session) lose(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
	lost := partitions[s.id.topic]
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range lost {
		delete(s.next, p)
	}
	s.window.Drop(func(d broker.Delivery, _ bool) bool { return slices.Contains(lost, int32(d.Position.Partition)) })
}

// end leaves the group: the others get what is in hand.
func (s *session) end() {
	s.cancel()
	<-s.ended
	s.client.CloseAllowingRebalance()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = kernel.Errorf(kernel.Unavailable, "%s is not fetched from any more", s.id.what())
	s.window.Drop(func(broker.Delivery, bool) bool { return true })
}

// pump takes what comes into the window, as much as may be in flight.
func (s *session) pump(ctx context.Context) {
	defer close(s.ended)
	for ctx.Err() == nil {
		changed := s.window.Changed()
		c := s.window.Counts()
		room := s.group.MaxInFlight - c.Held - c.Out
		if room <= 0 {
			select {
			case <-ctx.Done():
			case <-changed:
			}
			continue
		}
		fetches := s.client.PollRecords(ctx, min(room, maxPoll))
		s.offer(fetches)
		s.client.AllowRebalance()
	}
}

func (s *session) offer(fetches kgo.Fetches) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range fetches.Errors() {
		if e.Topic != "" || isOf(e.Err, kerr.GroupAuthorizationFailed) { // else it is about the connection: Fetch asks for that
			s.failed = e.Err
		}
	}
	now := time.Now()
	fetches.EachRecord(func(r *kgo.Record) {
		d := delivery(r)
		s.failed, s.next[r.Partition] = nil, uint64(r.Offset)+1
		if len(s.group.Types) > 0 && !slices.Contains(s.group.Types, d.Type) {
			return
		}
		d.Token = token(s.id, d.Position)
		s.window.Offer(d, now)
	})
}

// taken is up to where a partition's messages have come here, or otherwise where the
// group is.
func (s *session) taken(p int32, otherwise uint64) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if next, ok := s.next[p]; ok {
		return next
	}
	return otherwise
}

// tend commits what was passed over, and leaves a group that nobody fetches for.
func (b *Broker) tend(ctx context.Context, s *session) {
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_ = s.commit(ctx) // the next one, or the next process, says it again
		if b.leave(s) {
			s.end()
			return
		}
	}
}

// drop ends a session that failed.
func (b *Broker) drop(s *session) {
	b.mu.Lock()
	present := b.sessions[s.id] == s
	if present {
		delete(b.sessions, s.id)
	}
	b.mu.Unlock()
	if present {
		s.end()
	}
}

// leave removes an idle session.
func (b *Broker) leave(s *session) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.window.Counts()
	busy := s.fetching > 0 || time.Since(s.lastFetch) < idleAfter || c.Out > 0 || s.window.Delayed(time.Now())
	if busy || b.sessions[s.id] != s {
		return false
	}
	delete(b.sessions, s.id)
	return true
}

// commit moves the offsets to before the first message of each partition that is not
// done.
func (s *session) commit(ctx context.Context) error {
	s.committing.Lock()
	defer s.committing.Unlock()
	moved := map[int32]kgo.EpochOffset{}
	s.mu.Lock()
	for p, next := range s.next {
		if floor, ok := s.window.Floor(int(p)); ok {
			next = floor
		}
		if s.committed[p] != next {
			moved[p] = kgo.EpochOffset{Epoch: -1, Offset: int64(next)}
		}
	}
	s.mu.Unlock()
	if len(moved) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	var failed error
	s.client.CommitOffsetsSync(kgo.PreCommitFnContext(ctx, s.annotate), map[string]map[int32]kgo.EpochOffset{s.id.topic: moved},
		func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, answer *kmsg.OffsetCommitResponse, err error) {
			failed = refusal(answer, err)
		})
	if failed != nil {
		return failed
	}
	for p, o := range moved {
		s.committed[p] = uint64(o.Offset)
	}
	return nil
}

// annotate has the group's settings go along with its offsets.
func (s *session) annotate(r *kmsg.OffsetCommitRequest) error {
	text := noteOf(s.group)
	for i := range r.Topics {
		for j := range r.Topics[i].Partitions {
			r.Topics[i].Partitions[j].Metadata = &text
		}
	}
	return nil
}

// refusal is the first error of an answer.
func refusal(answer *kmsg.OffsetCommitResponse, err error) error {
	if err != nil || answer == nil {
		return err
	}
	for _, t := range answer.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return err
			}
		}
	}
	return nil
}
