package topic

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/cloudevent"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The attributes of dead letters.
const (
	deadSubscription = "deadlettersubscription"
	deadReason       = "deadletterreason"
	deadAttempts     = "deadletterattempts"
	deadTime         = "deadlettertime"
	deadPlace        = "deadletterplace"
	deadPrefix       = "deadletter"
)

// The bounds of a pull.
const (
	MaxPull     = 100
	MaxPullWait = 30 * time.Second
	// redriveWait is how long dead letters are waited for, before others are.
	redriveWait = 2 * time.Second
	// maxReason bounds the reason of a dead letter, in bytes.
	maxReason = 500
)

// Received is an event that was handed out.
type Received struct {
	Event     cloudevent.Event `json:"event"`
	Partition int              `json:"partition"`
	Offset    uint64           `json:"offset"`
	StoredAt  time.Time        `json:"storedAt"`
	Attempt   int              `json:"attempt,omitempty"`
	// Token acknowledges it.
	Token string `json:"token,omitempty"`

	delivery broker.Delivery
}

func received(all []broker.Delivery) []Received {
	out := make([]Received, 0, len(all))
	for _, d := range all {
		out = append(out, Received{Event: event(d.Message), Partition: d.Position.Partition, Offset: d.Position.Offset, StoredAt: d.Stored, Attempt: d.Attempt, Token: d.Token, delivery: d})
	}
	return out
}

// source is where a subscription's events come from: its topic, or that of the dead letters.
type source struct {
	topic Topic
	sub   Subscription
	// account and prefix are of the topic that is fetched from, and of its tokens.
	account, prefix string
	dead            bool
}

const (
	livePrefix = "l."
	againPrefx = "d."
)

func live(t Topic, sub Subscription) source {
	return source{topic: t, sub: sub, account: t.Account(), prefix: livePrefix}
}

func again(t Topic, sub Subscription) source {
	return source{topic: t, sub: sub, account: Account(t.Scope, deadName(t.Name)), prefix: againPrefx, dead: true}
}

// Pull hands events of a subscription out, at most limit of them, waiting so long for the
// first. Each is to be acknowledged by its token, or comes again.
func (s *Service) Pull(ctx context.Context, scope kernel.Scope, name, sub string, limit int, wait time.Duration) ([]Received, error) {
	t, one, err := s.subscription(ctx, actionConsume, scope, name, sub)
	if err != nil {
		return nil, err
	}
	switch {
	case one.Mode != Pull:
		return nil, kernel.Errorf(kernel.Refused, "the events of subscription %s are posted to %s", sub, one.URL).WithFix("make another subscription to pull from")
	case one.Status == Paused:
		return nil, kernel.Errorf(kernel.Refused, "subscription %s is paused: %s", sub, one.Reason).WithFix("terrace topic subscription resume %s %s", name, sub)
	}
	limit, wait = min(max(limit, 1), MaxPull), min(max(wait, 0), MaxPullWait)
	if len(one.Redrive) > 0 {
		if all, err := s.fetch(ctx, again(t, one), limit, min(wait, redriveWait)); err != nil || len(all) > 0 {
			return all, err
		}
	}
	return s.fetch(ctx, live(t, one), limit, wait)
}

// fetch takes events that may be delivered once more, and buries the others. Where it fails, or
// ctx is over, nobody has seen any of them.
func (s *Service) fetch(ctx context.Context, from source, limit int, wait time.Duration) ([]Received, error) {
	all, err := s.Broker.Fetch(ctx, from.account, from.sub.Name, limit, wait)
	if err != nil {
		return nil, err
	}
	out, err := s.sorted(ctx, from, all)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(err, s.unseen(ctx, from, all))
	}
	return out, nil
}

// unseen gives back what the broker has handed out and nobody has seen, so that it was no attempt.
func (s *Service) unseen(ctx context.Context, from source, all []broker.Delivery) error {
	if len(all) == 0 {
		return nil
	}
	tokens := make([]string, len(all))
	for i, d := range all {
		tokens[i] = d.Token
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepWithin)
	defer cancel()
	return s.Broker.Unseen(ctx, from.account, from.sub.Name, tokens...)
}

// sorted are those of what the broker has handed out that are for the subscription. It buries
// what was delivered often enough.
func (s *Service) sorted(ctx context.Context, from source, all []broker.Delivery) ([]Received, error) {
	if err := s.counted(ctx, from, all); err != nil {
		return nil, err
	}
	var out []Received
	for _, d := range all {
		var err error
		switch {
		case !from.wants(d): // another subscription's, or after what was asked for
			err = s.Broker.Ack(ctx, from.account, from.sub.Name, d.Token)
		case d.Attempt > from.sub.MaxDeliveries:
			err = s.bury(ctx, from, d, "nobody acknowledged it within "+strconv.Itoa(from.sub.MaxDeliveries)+" deliveries")
		default:
			r := received([]broker.Delivery{d})[0]
			r.Token = from.token(d)
			if from.dead {
				maps.DeleteFunc(r.Event.Extensions, func(name, _ string) bool { return strings.HasPrefix(name, deadPrefix) })
			}
			out = append(out, r)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, s.redriven(ctx, from, all)
}

// wants reports whether a delivery is the subscription's: of dead letters those that are, and
// that were there when they were asked for.
func (from source) wants(d broker.Delivery) bool {
	if !from.dead {
		return true
	}
	p, ends := d.Position.Partition, from.sub.Redrive
	return d.Headers[deadSubscription] == from.sub.Name && p < len(ends) && d.Position.Offset < ends[p]
}

// redriven ends a redrive that has come to its end.
func (s *Service) redriven(ctx context.Context, from source, all []broker.Delivery) error {
	if !from.dead || len(all) > 0 {
		return nil
	}
	lag, err := s.Broker.Lag(ctx, from.account, from.sub.Name)
	if err != nil || lag.Pending+lag.InFlight > 0 {
		return err
	}
	from.sub.Redrive = nil
	err = s.Tx.InTx(ctx, func(ctx context.Context) error { return s.Subscriptions.SaveSubscription(ctx, from.topic, from.sub) })
	if kernel.Is(err, kernel.Stale) {
		return nil // the next look ends it
	}
	return err
}

// bury puts an event among the dead letters, with why, and acknowledges it once it is there.
func (s *Service) bury(ctx context.Context, from source, d broker.Delivery, reason string) error {
	m := d.Message
	m.Headers = maps.Clone(m.Headers)
	if m.Headers == nil {
		m.Headers = map[string]string{}
	}
	m.Headers[deadSubscription], m.Headers[deadReason] = from.sub.Name, clean(reason)
	m.Headers[deadAttempts], m.Headers[deadTime] = strconv.Itoa(d.Attempt), s.Clock.Now().UTC().Format(time.RFC3339)
	if m.Headers[deadPlace] == "" {
		m.Headers[deadPlace] = strconv.Itoa(d.Position.Partition) + "/" + strconv.FormatUint(d.Position.Offset, 10)
	}
	if _, err := s.Broker.Publish(ctx, Account(from.topic.Scope, deadName(from.topic.Name)), []broker.Message{m}); err != nil {
		return err
	}
	s.Metrics.delivered(from.topic, from.sub, "dead")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepWithin) // else it would be there twice
	defer cancel()
	if err := s.Broker.Ack(ctx, from.account, from.sub.Name, d.Token); err != nil {
		return err
	}
	return s.Attempts.ForgetAttempts(ctx, from.attempts(), d.Position)
}

// clean is a text that a header holds.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return strings.ToValidUTF8(text[:min(len(text), maxReason)], "")
}

func lower(s string) string { return strings.ToLower(s) }

// Acknowledgement says what became of events that were pulled, by their tokens.
type Acknowledgement struct {
	// Done are worked off, and Failed come again after the delay.
	Done   []string
	Failed []string
	Delay  time.Duration
}

// Acknowledge says what became of events that were pulled. A token that was too late is passed
// over: its event comes again.
func (s *Service) Acknowledge(ctx context.Context, scope kernel.Scope, name, sub string, a Acknowledgement) error {
	t, one, err := s.subscription(ctx, actionConsume, scope, name, sub)
	if err != nil {
		return err
	}
	if one.Mode != Pull {
		return kernel.Errorf(kernel.Refused, "the events of subscription %s are posted to %s, whose answer acknowledges them", sub, one.URL)
	}
	if err := checkTokens(append(a.Done, a.Failed...)); err != nil {
		return err
	}
	for _, from := range []source{live(t, one), again(t, one)} {
		if err := s.settle(ctx, from, from.own(a.Done)); err != nil {
			return err
		}
		if err := s.giveBack(ctx, from, from.own(a.Failed), a.Delay); err != nil {
			return err
		}
	}
	return nil
}

// settle acknowledges events that were pulled.
func (s *Service) settle(ctx context.Context, from source, all []handed) error {
	if len(all) == 0 {
		return nil
	}
	if err := s.Broker.Ack(ctx, from.account, from.sub.Name, brokerTokens(all)...); err != nil {
		return err
	}
	for _, h := range all {
		if err := s.done(ctx, from, h.at, h.attempt); err != nil {
			return err
		}
	}
	s.Metrics.deliveredMany(from.topic, from.sub, "acknowledged", len(all))
	return nil
}

// giveBack has events that were pulled come again.
func (s *Service) giveBack(ctx context.Context, from source, all []handed, delay time.Duration) error {
	if len(all) == 0 {
		return nil
	}
	if err := s.Broker.Nak(ctx, from.account, from.sub.Name, delay, brokerTokens(all)...); err != nil {
		return err
	}
	for _, h := range all {
		if err := s.failed(ctx, from, h.at, h.attempt); err != nil {
			return err
		}
	}
	s.Metrics.deliveredMany(from.topic, from.sub, "returned", len(all))
	return nil
}

// redrive has the dead letters that a subscription has now come again.
func (s *Service) redrive(ctx context.Context, t Topic, sub Subscription) error {
	from := again(t, sub)
	stats, err := s.Broker.Stats(ctx, from.account)
	if err != nil {
		return err
	}
	if stats.Messages == 0 {
		return kernel.Errorf(kernel.Refused, "topic %s has no dead letters", t.Name)
	}
	if err := s.Attempts.ForgetAllAttempts(ctx, from.attempts()); err != nil {
		return err
	}
	group := sub.group(FromOldest)
	group.Types = nil
	if err := s.Broker.EnsureGroup(ctx, from.account, group); err != nil {
		return err
	}
	sub.Redrive = nil
	for _, p := range stats.Partitions {
		sub.Redrive = append(sub.Redrive, p.Next)
	}
	return s.changed(ctx, t, sub, "topic-subscription.redriven", "")
}

// ListDead returns the dead letters of a topic from a place on, partition by partition, those of
// one subscription where it is named, and where to go on; nil is that there are no more.
func (s *Service) ListDead(ctx context.Context, scope kernel.Scope, name, sub string, from broker.Position, limit int) (letters []Received, next *broker.Position, err error) {
	t, err := s.get(ctx, actionConsume, scope, name)
	if err != nil {
		return nil, nil, err
	}
	account := Account(t.Scope, deadName(t.Name))
	stats, err := s.Broker.Stats(ctx, account)
	if kernel.Is(err, kernel.NotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	var all []broker.Delivery
	limit = min(max(limit, 1), MaxPeek)
	for ; from.Partition < len(stats.Partitions) && len(all) < limit; from = (broker.Position{Partition: from.Partition + 1}) {
		some, err := s.Broker.Read(ctx, account, from, limit-len(all))
		if err != nil {
			return nil, nil, err
		}
		all = append(all, some...)
	}
	if len(all) == limit {
		next = &broker.Position{Partition: all[limit-1].Position.Partition, Offset: all[limit-1].Position.Offset + 1}
	}
	letters = received(all)
	if sub != "" {
		letters = slices.DeleteFunc(letters, func(r Received) bool { return r.Event.Extensions[deadSubscription] != sub })
	}
	return letters, next, nil
}
