package kafkabroker

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Fetch returns what the group's session has, as soon as it has something.
func (b *Broker) Fetch(ctx context.Context, topic, group string, limit int, wait time.Duration) ([]broker.Delivery, error) {
	id := groupID{topic, group}
	s, err := b.join(ctx, id)
	if err != nil {
		return nil, failure(id.what(), err)
	}
	defer s.exit()
	all, err := s.fetch(ctx, limit, wait)
	if s.trouble() != nil { // the next one joins anew
		b.drop(s)
	}
	return all, failure(id.what(), err)
}

func (s *session) fetch(ctx context.Context, limit int, wait time.Duration) ([]broker.Delivery, error) {
	deadline := time.Now().Add(wait)
	for {
		changed := s.window.Changed()
		if all := s.window.Take(limit, time.Now()); len(all) > 0 {
			return all, nil
		}
		if err := s.trouble(); err != nil {
			return nil, err
		}
		left := time.Until(deadline)
		if left <= 0 {
			return nil, s.reach(ctx)
		}
		timer := time.NewTimer(max(min(s.window.Next(time.Now(), left), time.Second), time.Millisecond))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (s *session) trouble() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// reach sees that nothing came because there is nothing, not because the cluster is
// away.
func (s *session) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	return s.client.Ping(ctx)
}

// token names a delivery: group/partition/offset. It is good in the process that
// fetched.
func token(id groupID, p broker.Position) string {
	return fmt.Sprintf("%s/%d/%d", id.group, p.Partition, p.Offset)
}

func parse(token string, id groupID) (p broker.Position, ok bool) {
	parts := strings.Split(token, "/")
	if len(parts) != 3 || parts[0] != id.group {
		return p, false
	}
	partition, err := strconv.ParseInt(parts[1], 10, 32)
	if err != nil || partition < 0 {
		return p, false
	}
	offset, err := strconv.ParseUint(parts[2], 10, 63)
	return broker.Position{Partition: int(partition), Offset: offset}, err == nil
}

// Ack marks deliveries as done, and returns when the cluster has the group's offsets.
func (b *Broker) Ack(ctx context.Context, topic, group string, tokens ...string) error {
	s, places, err := b.tokens(ctx, groupID{topic, group}, tokens)
	if err != nil || s == nil {
		return err
	}
	for i, p := range places {
		if current, _ := s.window.Current(p, tokens[i]); current {
			s.window.Done(p)
		}
	}
	return failure(s.id.what(), s.commit(ctx))
}

// Nak has deliveries wait in the window.
func (b *Broker) Nak(ctx context.Context, topic, group string, delay time.Duration, tokens ...string) error {
	s, places, err := b.tokens(ctx, groupID{topic, group}, tokens)
	if err != nil || s == nil {
		return err
	}
	for i, p := range places {
		if current, _ := s.window.Current(p, tokens[i]); current {
			s.window.Back(p, time.Now().Add(delay))
		}
	}
	return nil
}

// Unseen has deliveries wait in the window again.
func (b *Broker) Unseen(ctx context.Context, topic, group string, tokens ...string) error {
	s, places, err := b.tokens(ctx, groupID{topic, group}, tokens)
	if err != nil || s == nil {
		return err
	}
	for i, p := range places {
		if current, _ := s.window.Current(p, tokens[i]); current {
			s.window.Unseen(p, time.Now())
		}
	}
	return nil
}

// tokens reads tokens, which programs outside may have sent. What this process does
// not have, and the group has not got past, is Stale: it comes again.
func (b *Broker) tokens(ctx context.Context, id groupID, tokens []string) (*session, []broker.Position, error) {
	places := make([]broker.Position, len(tokens))
	for i, token := range tokens {
		p, ok := parse(token, id)
		if !ok {
			return nil, nil, kernel.Errorf(kernel.Invalid, "%q is no token of a delivery of %s", token, id.what())
		}
		places[i] = p
	}
	s := b.session(id)
	if s != nil || len(tokens) == 0 {
		return s, places, nil
	}
	ctx, cancel := context.WithTimeout(ctx, b.cluster.Timeout)
	defer cancel()
	committed, _, err := b.offsets(ctx, id)
	if err != nil {
		return nil, nil, failure(id.what(), err)
	}
	for _, p := range places {
		if p.Offset >= committed[int32(p.Partition)] {
			return nil, nil, kernel.Errorf(kernel.Stale, "partition %d offset %d of %s is not in this process's hands", p.Partition, p.Offset, id.what()).
				WithFix("acknowledge where you fetched; the message comes again")
		}
	}
	return nil, nil, nil
}
