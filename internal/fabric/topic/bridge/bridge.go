// Package bridge takes the messages of one topic to another, of any broker: from NATS to
// Kafka, from Kafka to NATS, or between two of a kind.
//
// It owns the copying: at least once, in the order of each key, without going round in
// circles. It does not own which bridges there are, nor the topics at their ends; where
// it has got to is the cursor of its group in the topic that it reads. It sees a message
// off, by its group, only when the other side keeps it: after a restart at any instant,
// and while either side is away, nothing is lost, and what was under way may be there
// twice.
package bridge

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Via is the attribute that names the ends which a message has left, with commas
// between them. A message goes to none of these again.
const Via = "terracevia"

const (
	handful = 256
	wait    = 5 * time.Second
	// maxVia bounds the ends that a message has left; over it the message goes no
	// further.
	maxVia = 16
	// The bounds of the pause after a failure, which doubles.
	minPause = time.Second
	maxPause = 30 * time.Second
)

// End is a topic on a broker.
type End struct {
	// Name is unique over all topics of all brokers, such as nats/acme.shop.dev.orders.
	Name   string
	Topic  string
	Broker broker.Broker
}

// Bridge takes messages one way. For both ways there are two.
type Bridge struct {
	// Name names the group in the topic that is read. Whoever makes the bridge makes the group:
	// while there is none, the bridge stands still.
	Name     string
	From, To End
	// Reject keeps a message that the other side will never take, such as one over its
	// bound; then the bridge goes on. Where it is nil, or fails, the bridge stands still.
	Reject func(ctx context.Context, d broker.Delivery, why error) error
	// Pause waits after a failure; nil waits as long as it says.
	Pause func(ctx context.Context, d time.Duration) error
	// Wait is how long one look for messages lasts; 0 is five seconds.
	Wait time.Duration
	Log  *slog.Logger

	mu     sync.Mutex
	status Status
}

// Status is what a bridge has done since it began.
type Status struct {
	// Passed are messages that the other side has; among them are those that were
	// passed again.
	Passed uint64
	// Skipped would have gone back to where they were.
	Skipped  uint64
	Rejected uint64
	Failures uint64
	// Failing is why it stands still; nil while it does not.
	Failing error
}

// Status tells how the bridge is doing.
func (b *Bridge) Status() Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status
}

// Run takes messages until ctx ends. It never gives up: while a side is away it pauses
// and tries again. It fits a supervise.Loop.
func (b *Bridge) Run(ctx context.Context) error {
	pause := minPause
	for ctx.Err() == nil {
		err := b.step(ctx)
		b.note(ctx, err)
		if err == nil {
			pause = minPause
			continue
		}
		if err := b.rest(ctx, pause); err != nil {
			break
		}
		pause = min(2*pause, maxPause)
	}
	return ctx.Err()
}

// note keeps how it went, and says so when that changes.
func (b *Bridge) note(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	b.mu.Lock()
	before := b.status.Failing
	b.status.Failing = err
	if err != nil {
		b.status.Failures++
	}
	b.mu.Unlock()
	switch {
	case err != nil && before == nil:
		b.Log.WarnContext(ctx, "a bridge stands still", "bridge", b.Name, "from", b.From.Name, "to", b.To.Name, "error", err)
	case err == nil && before != nil:
		b.Log.InfoContext(ctx, "a bridge goes on", "bridge", b.Name, "from", b.From.Name, "to", b.To.Name)
	}
}

func (b *Bridge) rest(ctx context.Context, d time.Duration) error {
	if b.Pause != nil {
		return b.Pause(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// step takes what comes next. What could not be passed is given back, so that it comes
// again before the later ones of its key.
func (b *Bridge) step(ctx context.Context) error {
	all, err := b.From.Broker.Fetch(ctx, b.From.Topic, b.Name, handful, cmp.Or(b.Wait, wait))
	if err != nil || len(all) == 0 {
		return err
	}
	tokens := make([]string, len(all))
	for i, d := range all {
		tokens[i] = d.Token
	}
	if err := b.pass(ctx, all); err != nil {
		_ = b.From.Broker.Nak(ctx, b.From.Topic, b.Name, 0, tokens...) // else they come when the group has waited
		return err
	}
	return b.From.Broker.Ack(ctx, b.From.Topic, b.Name, tokens...)
}

// pass publishes deliveries on the other side, in order.
func (b *Bridge) pass(ctx context.Context, all []broker.Delivery) error {
	var passing []broker.Delivery
	for _, d := range all {
		if b.seen(d.Headers[Via]) {
			b.count(func(s *Status) { s.Skipped++ })
			continue
		}
		passing = append(passing, d)
	}
	if len(passing) == 0 {
		return nil
	}
	_, err := b.To.Broker.Publish(ctx, b.To.Topic, b.messages(passing))
	if refused(err) { // one of them will never do: which?
		return b.oneByOne(ctx, passing)
	}
	if err == nil {
		b.count(func(s *Status) { s.Passed += uint64(len(passing)) })
	}
	return err
}

// refused reports whether trying again changes nothing.
func refused(err error) bool {
	return kernel.Is(err, kernel.TooLarge) || kernel.Is(err, kernel.Invalid)
}

func (b *Bridge) oneByOne(ctx context.Context, all []broker.Delivery) error {
	for _, d := range all {
		_, err := b.To.Broker.Publish(ctx, b.To.Topic, b.messages([]broker.Delivery{d}))
		switch {
		case err == nil:
			b.count(func(s *Status) { s.Passed++ })
		case !refused(err) || b.Reject == nil:
			return err
		default:
			if err := b.Reject(ctx, d, err); err != nil {
				return fmt.Errorf("reject: %w", err)
			}
			b.count(func(s *Status) { s.Rejected++ })
		}
	}
	return nil
}

func (b *Bridge) count(change func(*Status)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.status)
}

// seen reports whether a message has been where the bridge leads, or in too many
// places.
func (b *Bridge) seen(via string) bool {
	if via == "" {
		return false
	}
	ends := strings.Split(via, ",")
	for _, end := range ends {
		if end == b.To.Name {
			return true
		}
	}
	return len(ends) >= maxVia
}

// messages are the deliveries as they are published: with the end that they leave. Each
// has a name of its own place, by which NATS keeps one of those that are passed twice
// in a row.
func (b *Bridge) messages(all []broker.Delivery) []broker.Message {
	out := make([]broker.Message, len(all))
	for i, d := range all {
		m := d.Message
		m.Headers = maps.Clone(m.Headers)
		if m.Headers == nil {
			m.Headers = map[string]string{}
		}
		m.Headers[Via] = strings.TrimPrefix(m.Headers[Via]+","+b.From.Name, ",")
		m.Once = fmt.Sprintf("%s/%d/%d/%d", b.From.Name, d.Position.Partition, d.Position.Offset, d.Stored.UnixNano())
		out[i] = m
	}
	return out
}
