package brokers

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Ensure implements broker.Topics, where Locate has said that the topic is.
func (s *Set) Ensure(ctx context.Context, t broker.Topic) error {
	b, _, err := s.at(ctx, t.Name)
	if err != nil {
		return err
	}
	return b.Ensure(ctx, t)
}

// Remove implements broker.Topics. What is on another daemon's server that daemon removes, and
// what is nowhere is no error.
func (s *Set) Remove(ctx context.Context, account string) error {
	s.mu.Lock()
	p, known := s.places[account]
	s.mu.Unlock()
	if known && !topic.Served(p.broker, p.home, s.home) {
		s.forget(account)
		return nil
	}
	b, _, err := s.at(ctx, account)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := b.Remove(ctx, account); err != nil {
		return err
	}
	s.forget(account)
	return nil
}

// RemoveAt implements topic.Brokers.
func (s *Set) RemoveAt(ctx context.Context, broker, home, account string) error {
	if !topic.Served(broker, home, s.home) {
		return topic.Elsewhere(account, home)
	}
	b, err := s.named(broker)
	if err != nil {
		return missing(account, broker)
	}
	if err := b.Remove(ctx, account); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.places[account] == (place{broker, home}) {
		delete(s.places, account)
	}
	return nil
}

// RemoveHere removes a topic from the embedded server of this process.
func (s *Set) RemoveHere(ctx context.Context, account string) error {
	return s.RemoveAt(ctx, topicdoc.Embedded, s.home, account)
}

// Stats implements broker.Topics.
func (s *Set) Stats(ctx context.Context, account string) (out broker.Stats, err error) {
	err = s.on(ctx, account, func(b Driver) (err error) { out, err = b.Stats(ctx, account); return err })
	return out, err
}

// Publish implements broker.Topics.
func (s *Set) Publish(ctx context.Context, account string, messages []broker.Message) (out []broker.Position, err error) {
	err = s.on(ctx, account, func(b Driver) (err error) { out, err = b.Publish(ctx, account, messages); return err })
	return out, err
}

// Read implements broker.Topics.
func (s *Set) Read(ctx context.Context, account string, from broker.Position, limit int) (out []broker.Delivery, err error) {
	err = s.on(ctx, account, func(b Driver) (err error) { out, err = b.Read(ctx, account, from, limit); return err })
	return out, err
}

// EnsureGroup implements broker.Groups.
func (s *Set) EnsureGroup(ctx context.Context, account string, g broker.Group) error {
	return s.on(ctx, account, func(b Driver) error { return b.EnsureGroup(ctx, account, g) })
}

// RemoveGroup implements broker.Groups.
func (s *Set) RemoveGroup(ctx context.Context, account, group string) error {
	return s.on(ctx, account, func(b Driver) error { return b.RemoveGroup(ctx, account, group) })
}

// Fetch implements broker.Groups.
func (s *Set) Fetch(ctx context.Context, account, group string, limit int, wait time.Duration) (out []broker.Delivery, err error) {
	err = s.on(ctx, account, func(b Driver) (err error) { out, err = b.Fetch(ctx, account, group, limit, wait); return err })
	return out, err
}

// Ack implements broker.Groups.
func (s *Set) Ack(ctx context.Context, account, group string, tokens ...string) error {
	return s.on(ctx, account, func(b Driver) error { return b.Ack(ctx, account, group, tokens...) })
}

// Nak implements broker.Groups.
func (s *Set) Nak(ctx context.Context, account, group string, delay time.Duration, tokens ...string) error {
	return s.on(ctx, account, func(b Driver) error { return b.Nak(ctx, account, group, delay, tokens...) })
}

// Unseen implements broker.Groups.
func (s *Set) Unseen(ctx context.Context, account, group string, tokens ...string) error {
	return s.on(ctx, account, func(b Driver) error { return b.Unseen(ctx, account, group, tokens...) })
}

// Seek implements broker.Groups.
func (s *Set) Seek(ctx context.Context, account, group string, to broker.Start) error {
	return s.on(ctx, account, func(b Driver) error { return b.Seek(ctx, account, group, to) })
}

// Lag implements broker.Groups.
func (s *Set) Lag(ctx context.Context, account, group string) (out broker.Lag, err error) {
	err = s.on(ctx, account, func(b Driver) (err error) { out, err = b.Lag(ctx, account, group); return err })
	return out, err
}

// Grant implements broker.Access.
func (s *Set) Grant(ctx context.Context, account string, p broker.Principal) error {
	return s.on(ctx, account, func(b Driver) error { return b.Grant(ctx, account, p) })
}

// Revoke implements broker.Access.
func (s *Set) Revoke(ctx context.Context, account, principal string) error {
	return s.on(ctx, account, func(b Driver) error { return b.Revoke(ctx, account, principal) })
}
