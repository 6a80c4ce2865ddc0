package natsbroker

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Fetch returns what the group's session has, as soon as it has something.
func (b *Broker) Fetch(ctx context.Context, topic, group string, limit int, wait time.Duration) ([]broker.Delivery, error) {
	s, err := b.join(ctx, topic, group)
	if err != nil {
		return nil, err
	}
	err = s.enter()
	if err == nil {
		defer s.exit()
		var all []broker.Delivery
		if all, err = s.fetch(ctx, limit, wait); err == nil {
			return all, nil
		}
	}
	err = failure(what(topic, group), err)
	if kernel.Is(err, kernel.NotFound) {
		b.forgetSessions(topic, group)
	}
	return nil, err
}

func (s *session) fetch(ctx context.Context, limit int, wait time.Duration) ([]broker.Delivery, error) {
	deadline := time.Now().Add(wait)
	for {
		changed := s.window.Changed()
		ready, err := s.gathered(ctx)
		if err != nil {
			return nil, err
		}
		if all := s.hand(limit); len(all) > 0 {
			return all, nil
		}
		if err := s.trouble(); err != nil {
			return nil, err
		}
		left := time.Until(deadline)
		if left <= 0 {
			return nil, nil
		}
		left = s.window.Next(time.Now(), left)
		if !ready {
			left = min(left, gatherEvery)
		}
		if err := rest(ctx, changed, max(left, time.Millisecond)); err != nil {
			return nil, err
		}
	}
}

// rest waits for a change, a time, or the end of ctx.
func rest(ctx context.Context, changed <-chan struct{}, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-changed:
	case <-timer.C:
	}
	return nil
}

// hand takes from the window, unless it is gathering again.
func (s *session) hand(limit int) []broker.Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gathering || s.place.conn.Stats().Reconnects != s.reconnects {
		return nil
	}
	return s.window.Take(limit, time.Now())
}

// trouble is why nothing comes.
func (s *session) trouble() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		return s.failed
	}
	if !s.place.conn.IsConnected() {
		return kernel.Errorf(kernel.Unavailable, "the NATS server of topic %s cannot be reached", s.id.topic)
	}
	return nil
}

// delivery reads a message of a stream.
func delivery(m jetstream.Msg) (broker.Delivery, error) {
	meta, err := m.Metadata()
	if err != nil {
		return broker.Delivery{}, fmt.Errorf("message of %s: %w", m.Subject(), err)
	}
	var headers []broker.Header
	for name, values := range m.Headers() {
		if len(values) > 0 {
			headers = append(headers, broker.Header{Name: name, Value: values[0]})
		}
	}
	return broker.Delivery{
		Message: broker.NATS().Decode(headers, m.Data()), Position: broker.Position{Offset: meta.Sequence.Stream},
		Stored: meta.Timestamp.UTC(), Token: m.Reply(),
	}, nil
}

// Ack tells the server, and returns when it knows.
func (b *Broker) Ack(ctx context.Context, topic, group string, tokens ...string) error {
	p, places, err := b.tokens(ctx, topic, group, tokens)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	s, tokens := b.session(topic, group), slices.Clone(tokens)
	for i, token := range tokens {
		if s != nil {
			if current, known := s.window.Current(places[i], token); known && !current {
				tokens[i] = ""
			}
		}
	}
	if err := p.confirm(ctx, tokens, []byte("+ACK")); err != nil {
		return failure(what(topic, group), err)
	}
	for i, token := range tokens {
		if s != nil && token != "" {
			s.window.Done(places[i])
		}
	}
	return nil
}

// confirm sends answers to deliveries. The server takes those of one connection in
// order: that it has the last one says that it has all.
func (p *place) confirm(ctx context.Context, tokens []string, answer []byte) error {
	last := ""
	for _, token := range tokens {
		if token == "" {
			continue
		}
		if last != "" {
			if err := p.conn.Publish(last, answer); err != nil {
				return err
			}
		}
		last = token
	}
	if last == "" {
		return nil
	}
	_, err := p.conn.RequestWithContext(ctx, last, answer)
	return err
}

// Nak has deliveries of this process wait in its window; those of others go back to
// the server.
func (b *Broker) Nak(ctx context.Context, topic, group string, delay time.Duration, tokens ...string) error {
	p, places, err := b.tokens(ctx, topic, group, tokens)
	if err != nil {
		return err
	}
	var foreign []string
	s := b.session(topic, group)
	for i, token := range tokens {
		if s != nil {
			current, known := s.window.Current(places[i], token)
			if current {
				s.window.Back(places[i], time.Now().Add(delay))
			}
			if known {
				continue
			}
		}
		foreign = append(foreign, token)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return failure(what(topic, group), p.confirm(ctx, foreign, []byte(`-NAK {"delay": `+strconv.FormatInt(int64(delay), 10)+`}`)))
}

// Unseen has deliveries of this process wait in its window again.
func (b *Broker) Unseen(ctx context.Context, topic, group string, tokens ...string) error {
	_, places, err := b.tokens(ctx, topic, group, tokens)
	s := b.session(topic, group)
	if err != nil || s == nil {
		return err
	}
	for i, token := range tokens {
		if current, _ := s.window.Current(places[i], token); current {
			s.window.Unseen(places[i], time.Now())
		}
	}
	return nil
}

// tokens reads tokens, which programs outside may have sent: each must be of this
// group.
func (b *Broker) tokens(ctx context.Context, topic, group string, tokens []string) (*place, []broker.Position, error) {
	p, err := b.at(ctx, topic)
	if err != nil {
		return nil, nil, err
	}
	places := make([]broker.Position, len(tokens))
	for i, token := range tokens {
		offset, ok := parse(token, p.stream, group)
		if !ok {
			return nil, nil, kernel.Errorf(kernel.Invalid, "%q is no token of a delivery of %s", token, what(topic, group))
		}
		places[i].Offset = offset
	}
	return p, places, nil
}

// parse returns the offset that a token is of. It is the subject to answer to
// (ADR-15): $JS.ACK.STREAM.CONSUMER.DELIVERED.OFFSET.CONSUMED.TIME.PENDING, since
// 2.2 also with a domain and a hash of the account before the stream.
func parse(token, stream, group string) (offset uint64, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) < 9 || len(parts) > 12 || parts[0] != "$JS" || parts[1] != "ACK" || strings.ContainsAny(token, " *>\t\r\n") {
		return 0, false
	}
	parts = parts[2:]
	if len(parts) > 7 {
		parts = parts[2:]
	}
	if parts[0] != stream || parts[1] != group {
		return 0, false
	}
	offset, err := strconv.ParseUint(parts[3], 10, 64)
	return offset, err == nil
}
