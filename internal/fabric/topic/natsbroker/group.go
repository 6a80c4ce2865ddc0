package natsbroker

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// What a consumer says of the group that it is of.
const (
	typesKey = "terrace.types"
	waitKey  = "terrace.ackwait"
)

// EnsureGroup makes the consumer, or changes all but where it is.
func (b *Broker) EnsureGroup(ctx context.Context, topic string, g broker.Group) error {
	p, err := b.at(ctx, topic)
	if err != nil {
		return err
	}
	if err := b.site.reserve(topic, g.Name, true); err != nil {
		return failure(what(topic, g.Name), err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	c, err := p.js.Consumer(ctx, p.stream, g.Name)
	if kernel.Is(failure("", err), kernel.NotFound) {
		_, err = p.js.CreateConsumer(ctx, p.stream, begin(consumer(jetstream.ConsumerConfig{}, g), g.From))
		return failure(what(topic, g.Name), err)
	}
	if err != nil {
		return failure(what(topic, g.Name), err)
	}
	before := c.CachedInfo().Config
	after := consumer(before, g)
	if after.AckWait == before.AckWait && after.MaxAckPending == before.MaxAckPending && after.Metadata[typesKey] == before.Metadata[typesKey] {
		return nil
	}
	b.endSessions(topic, g.Name)
	_, err = p.js.UpdateConsumer(ctx, p.stream, after)
	return failure(what(topic, g.Name), err)
}

func what(topic, group string) string { return "group " + group + " of topic " + topic }

// consumer is a consumer's configuration changed to what a group says. The server
// waits a quarter longer than the group does: it hears of what is held here, but not
// yet handed out, a little late.
func consumer(c jetstream.ConsumerConfig, g broker.Group) jetstream.ConsumerConfig {
	c.Durable, c.Name = g.Name, g.Name
	c.AckPolicy, c.MaxDeliver = jetstream.AckExplicitPolicy, -1
	c.AckWait, c.MaxAckPending = g.AckWait+g.AckWait/4, g.MaxInFlight
	c.Metadata = map[string]string{typesKey: strings.Join(g.Types, ","), waitKey: strconv.FormatInt(int64(g.AckWait), 10)}
	return c
}

// begin is a consumer's configuration with the place where it begins.
func begin(c jetstream.ConsumerConfig, s broker.Start) jetstream.ConsumerConfig {
	c.DeliverPolicy, c.OptStartSeq, c.OptStartTime = jetstream.DeliverAllPolicy, 0, nil
	switch {
	case s.At != nil:
		c.DeliverPolicy, c.OptStartSeq = jetstream.DeliverByStartSequencePolicy, max(s.At.Offset, 1)
	case !s.Time.IsZero():
		c.DeliverPolicy, c.OptStartTime = jetstream.DeliverByStartTimePolicy, &s.Time
	case s.New:
		c.DeliverPolicy = jetstream.DeliverNewPolicy
	}
	return c
}

// RemoveGroup deletes the consumer.
func (b *Broker) RemoveGroup(ctx context.Context, topic, group string) error {
	b.endSessions(topic, group)
	p, err := b.at(ctx, topic)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		err = failure(what(topic, group), p.js.DeleteConsumer(ctx, p.stream, group))
	}
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	return failure(what(topic, group), b.site.reserve(topic, group, false))
}

// Seek makes the consumer anew, where it is to begin.
func (b *Broker) Seek(ctx context.Context, topic, group string, to broker.Start) error {
	p, err := b.at(ctx, topic)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	c, err := p.js.Consumer(ctx, p.stream, group)
	if err != nil {
		return failure(what(topic, group), err)
	}
	b.forgetSessions(topic, group)
	if err := p.js.DeleteConsumer(ctx, p.stream, group); err != nil {
		return failure(what(topic, group), err)
	}
	_, err = p.js.CreateConsumer(ctx, p.stream, begin(c.CachedInfo().Config, to))
	return failure(what(topic, group), err)
}

// Lag asks the consumer how far it is, and the stream for the oldest message that it
// has not acknowledged.
func (b *Broker) Lag(ctx context.Context, topic, group string) (broker.Lag, error) {
	p, err := b.at(ctx, topic)
	if err != nil {
		return broker.Lag{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	c, err := p.js.Consumer(ctx, p.stream, group)
	if err != nil {
		return broker.Lag{}, failure(what(topic, group), err)
	}
	info := c.CachedInfo()
	lag := broker.Lag{Pending: info.NumPending, InFlight: uint64(info.NumAckPending)}
	if s := b.session(topic, group); s != nil { // what was fetched and not handed out waits still
		waiting := min(uint64(s.window.Fresh()), lag.InFlight)
		lag.Pending, lag.InFlight = lag.Pending+waiting, lag.InFlight-waiting
	}
	if lag.Pending+lag.InFlight == 0 {
		return lag, nil
	}
	lag.Oldest, err = p.storedAfter(ctx, info.AckFloor.Stream)
	return lag, failure(what(topic, group), err)
}

// storedAfter is when the oldest message was stored that is after an offset; zero when
// there is none.
func (p *place) storedAfter(ctx context.Context, offset uint64) (time.Time, error) {
	stream, err := p.js.Stream(ctx, p.stream)
	if err != nil {
		return time.Time{}, err
	}
	m, err := stream.GetMsg(ctx, offset+1, jetstream.WithGetMsgSubject(">"))
	if kernel.Is(failure("", err), kernel.NotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return m.Time.UTC(), nil
}
