package topic

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
	"github.com/terrace-idp/terrace/internal/platform/webhook"
)

// The defaults of subscriptions.
const (
	defaultDeliveries = 10
	defaultAckWait    = 30
	defaultInFlight   = 100
	deadRetention     = 14 * 24 * time.Hour
)

func (s SubscriptionSettings) withDefaults(scope kernel.Scope) SubscriptionSettings {
	s.MaxDeliveries, s.AckWaitSeconds = cmp.Or(s.MaxDeliveries, defaultDeliveries), cmp.Or(s.AckWaitSeconds, defaultAckWait)
	s.MaxInFlight, s.Project = cmp.Or(s.MaxInFlight, defaultInFlight), cmp.Or(s.Project, scope.Project)
	if s.URL != "" {
		s.TimeoutSeconds = cmp.Or(s.TimeoutSeconds, int(webhook.DefaultTimeout/time.Second))
		s.AckWaitSeconds = max(s.AckWaitSeconds, 2*s.TimeoutSeconds) // else what is still being posted comes again
	}
	return s
}

func (s SubscriptionSettings) problems(name string) []kernel.Problem {
	var all []kernel.Problem
	when := func(bad bool, path, message, fix string) {
		if bad {
			all = append(all, kernel.Problem{Path: path, Message: message, Fix: fix})
		}
	}
	when(!validGroup(name), "name", fmt.Sprintf("%.80q is no name of a subscription", name), "use lower-case letters, digits and hyphens, at most 40")
	for i, t := range s.Types {
		when(!topicdoc.ValidType(t), fmt.Sprintf("types[%d]", i), fmt.Sprintf("%.80q is no type of events", t), "write it such as shop.order.placed")
	}
	when(len(s.Types) > 64, "types", "there are more than 64", "leave them out, and take all")
	u, err := url.Parse(s.URL)
	bad := s.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "")
	when(bad, "url", "this is no address of a web server", "use https://host/path")
	when(!bad && s.URL != "" && (u.User != nil || u.Fragment != ""), "url", "the address has a password or a fragment", "leave it out: posts are signed")
	when(s.URL == "" && s.TimeoutSeconds != 0, "timeoutSeconds", "nothing is posted", "give a url, or leave it out")
	when(s.TimeoutSeconds < 0 || s.TimeoutSeconds > 60, "timeoutSeconds", "it is out of bounds", "use 1 to 60")
	when(s.MaxDeliveries < 0 || s.MaxDeliveries > 100, "maxDeliveries", "it is out of bounds", "use 1 to 100")
	when(s.AckWaitSeconds < 0 || s.AckWaitSeconds > 3600, "ackWaitSeconds", "it is out of bounds", "use 1 to 3600")
	when(s.MaxInFlight < 0 || s.MaxInFlight > 1000, "maxInFlight", "it is out of bounds", "use 1 to 1000")
	when(s.Workload != "" && !validName(s.Workload), "workload", fmt.Sprintf("%.80q is no name of a workload", s.Workload), "")
	return all
}

func validGroup(s string) bool {
	return s != "" && len(s) <= 40 && s[0] != '-' && s[len(s)-1] != '-' && lower(s) == s && validName(s)
}

// group is what the broker is to have of the subscription.
func (s Subscription) group(from From) broker.Group {
	return broker.Group{
		Name: s.Name, Types: s.Types, AckWait: time.Duration(s.AckWaitSeconds) * time.Second, MaxInFlight: s.MaxInFlight,
		From: broker.Start{New: from != FromOldest},
	}
}

// Subscribed is a subscription with the secret that verifies its posts, where it is new.
type Subscribed struct {
	Subscription

	Secret string `json:"secret,omitempty" doc:"What posts are signed with; it is shown this once."`
}

// Subscribe makes a subscription be as the settings say: it creates or changes it. from is
// where a new one begins. The first one of a topic has the topic of its dead letters made.
func (s *Service) Subscribe(ctx context.Context, scope kernel.Scope, name, sub string, settings SubscriptionSettings, from From) (Subscribed, error) {
	t, err := s.get(ctx, actionWrite, scope, name)
	if err != nil {
		return Subscribed{}, err
	}
	if err := s.wanted(ctx, t, sub, settings); err != nil {
		return Subscribed{}, err
	}
	before, err := s.Subscriptions.Subscription(ctx, t, sub)
	isNew := kernel.Is(err, kernel.NotFound)
	if err != nil && !isNew {
		return Subscribed{}, err
	}
	now := s.Clock.Now().UTC()
	next := before
	next.Name, next.SubscriptionSettings, next.UpdatedAt, next.Mode = sub, settings.withDefaults(scope), now, Pull
	if next.URL != "" {
		next.Mode = Push
	}
	secret, err := s.signed(ctx, t, &next)
	if err != nil {
		return Subscribed{}, err
	}
	if isNew {
		actor, _ := kernel.ActorFrom(ctx)
		next.Status, next.CreatedAt, next.CreatedBy = Active, now, actor.Name
		if err := s.deadTopic(ctx, t); err != nil {
			return Subscribed{}, err
		}
	}
	if err := s.Broker.EnsureGroup(ctx, t.Account(), next.group(from)); err != nil {
		return Subscribed{}, err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.writeSubscription(ctx, isNew, t, next); err != nil {
			return err
		}
		return s.record(ctx, t, "topic-subscription.changed", next.told())
	})
	s.pushing.nudge(err)
	return Subscribed{Subscription: next, Secret: secret}, err
}

// told is what facts say of a subscription.
func (s Subscription) told() map[string]any {
	return map[string]any{"subscription": s.Name, "mode": string(s.Mode), "project": s.Project, "workload": s.Workload}
}

// wanted refuses a subscription that cannot be.
func (s *Service) wanted(ctx context.Context, t Topic, sub string, settings SubscriptionSettings) error {
	if problems := settings.problems(sub); len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "the subscription cannot be made").WithProblems(problems...)
	}
	if t.DeadLettersOf != "" {
		return kernel.Errorf(kernel.Refused, "topic %s has the dead letters of %s", t.Name, t.DeadLettersOf).
			WithFix("have them delivered again with: terrace topic replay %s SUBSCRIPTION --dead", t.DeadLettersOf)
	}
	if settings.Project != "" {
		if err := s.Places.Check(ctx, kernel.Scope{Tenant: t.Scope.Tenant, Project: settings.Project}); err != nil {
			return err
		}
	}
	if settings.URL == "" {
		return nil
	}
	u, _ := url.Parse(settings.URL) // checked above
	err := s.Guard.Resolve(ctx, u.Hostname(), u.Scheme == "http")
	if forbidden, ok := errors.AsType[*egress.Forbidden](err); ok {
		return kernel.Errorf(kernel.Refused, "events are not posted there: %s", forbidden.Error())
	}
	return err
}

func (s *Service) writeSubscription(ctx context.Context, isNew bool, t Topic, sub Subscription) error {
	if !isNew {
		return s.Subscriptions.SaveSubscription(ctx, t, sub)
	}
	if strings.HasPrefix(sub.Name, bridgePrefix) {
		return kernel.Errorf(kernel.Invalid, "%q is no name of a subscription", sub.Name).WithFix("let it begin otherwise: with %s begin the groups of bridges", bridgePrefix)
	}
	all, err := s.Subscriptions.SubscriptionsOf(ctx, t)
	if err != nil {
		return err
	}
	if len(all) >= MaxSubscriptions {
		return kernel.Errorf(kernel.Refused, "topic %s has %d subscriptions, which is as many as it may have", t.Name, len(all)).WithFix("delete one: terrace topic subscription list %s --stage %s", t.Name, t.Scope.Stage)
	}
	return s.Subscriptions.InsertSubscription(ctx, t, sub)
}

// Associated is what the sealed keys of a subscription are bound to.
func Associated(scope kernel.Scope, topic, subscription string) []byte {
	return []byte("topic subscription\x00" + Account(scope, topic) + "\x00" + subscription)
}

// signed gives a subscription that posts a key, where it has none.
func (s *Service) signed(ctx context.Context, t Topic, sub *Subscription) (secret string, err error) {
	switch {
	case sub.Mode == Pull:
		sub.Sealed = nil
		return "", nil
	case sub.Sealed != nil:
		return "", nil
	}
	key := webhook.NewKey()
	return key.Value, s.sealKeys(ctx, t, sub, []webhook.Key{key})
}

func (s *Service) sealKeys(ctx context.Context, t Topic, sub *Subscription, keys []webhook.Key) error {
	plain, err := json.Marshal(keys)
	if err != nil {
		return fmt.Errorf("seal keys: %w", err)
	}
	defer clear(plain)
	sub.Sealed, err = s.Sealer.SealFor(ctx, t.Scope.Tenant, plain, Associated(t.Scope, t.Name, sub.Name))
	return err
}

func (s *Service) keys(ctx context.Context, t Topic, sub Subscription) (keys []webhook.Key, err error) {
	plain, err := s.Sealer.Open(ctx, sub.Sealed, Associated(t.Scope, t.Name, sub.Name))
	if err != nil {
		return nil, fmt.Errorf("open the keys of subscription %s: %w", sub.Name, err)
	}
	defer clear(plain)
	if err := json.Unmarshal(plain, &keys); err != nil {
		return nil, fmt.Errorf("read the keys of subscription %s: %w", sub.Name, err)
	}
	return keys, nil
}

// RotateSecret gives a subscription that posts another signing secret; posts carry the
// signatures of both for a day.
func (s *Service) RotateSecret(ctx context.Context, scope kernel.Scope, name, sub string) (Subscribed, error) {
	t, one, err := s.subscription(ctx, actionWrite, scope, name, sub)
	if err != nil {
		return Subscribed{}, err
	}
	if one.Mode != Push {
		return Subscribed{}, kernel.Errorf(kernel.Refused, "subscription %s is pulled, and signs nothing", sub)
	}
	present, err := s.keys(ctx, t, one)
	if err != nil {
		return Subscribed{}, err
	}
	key := webhook.NewKey()
	if err := s.sealKeys(ctx, t, &one, webhook.Rotated(present, key, s.Clock.Now().UTC())); err != nil {
		return Subscribed{}, err
	}
	return Subscribed{Subscription: one, Secret: key.Value}, s.changed(ctx, t, one, "topic-subscription.rotated", "")
}

// changed keeps a subscription that is there.
func (s *Service) changed(ctx context.Context, t Topic, sub Subscription, fact, reason string) error {
	sub.UpdatedAt = s.Clock.Now().UTC()
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Subscriptions.SaveSubscription(ctx, t, sub); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: t.Scope, Subject: t.Name, Reason: reason, Data: sub.told()})
	})
	s.pushing.nudge(err)
	return err
}

// deadName is the topic of the dead letters of another.
func deadName(name string) string { return name[:min(len(name), 58)] + "-dead" }

// deadTopic makes the topic of a topic's dead letters, where it is not there.
func (s *Service) deadTopic(ctx context.Context, t Topic) error {
	name := deadName(t.Name)
	before, err := s.Store.Get(ctx, t.Scope, name)
	if err == nil && before.DeadLettersOf != t.Name {
		return kernel.Errorf(kernel.Conflict, "topic %s is there, and would have the dead letters of %s", name, t.Name).WithFix("give one of them another name")
	}
	if err == nil || !kernel.Is(err, kernel.NotFound) {
		return err
	}
	dead := Topic{Scope: t.Scope, Name: name, DeadLettersOf: t.Name, Settings: Settings{
		Description: "Dead letters of " + t.Name, Owner: t.Owner, Validation: Off, Replicas: t.Replicas,
		RetentionSeconds: max(t.RetentionSeconds, int64(deadRetention/time.Second)), RetentionBytes: t.RetentionBytes,
	}.WithDefaults(name)}
	dead.Broker = t.Broker
	if err := s.placed(Topic{}, &dead); err != nil {
		return err
	}
	_, err = s.keep(ctx, Topic{}, dead)
	return err
}

// subscription finds a subscription for an actor who may do the action with its topic.
func (s *Service) subscription(ctx context.Context, action string, scope kernel.Scope, name, sub string) (Topic, Subscription, error) {
	t, err := s.get(ctx, action, scope, name)
	if err != nil {
		return t, Subscription{}, err
	}
	one, err := s.Subscriptions.Subscription(ctx, t, sub)
	if kernel.Is(err, kernel.NotFound) {
		return t, one, kernel.Errorf(kernel.NotFound, "topic %s has no subscription %q", name, sub).WithFix("see those that there are with: terrace topic subscription list %s --stage %s", name, t.Scope.Stage)
	}
	return t, one, err
}

// GetSubscription returns a subscription.
func (s *Service) GetSubscription(ctx context.Context, scope kernel.Scope, name, sub string) (Subscription, error) {
	_, one, err := s.subscription(ctx, actionRead, scope, name, sub)
	return one, err
}

// ListSubscriptions returns the subscriptions of a topic by name.
func (s *Service) ListSubscriptions(ctx context.Context, scope kernel.Scope, name string) ([]Subscription, error) {
	t, err := s.get(ctx, actionRead, scope, name)
	if err != nil {
		return nil, err
	}
	return s.Subscriptions.SubscriptionsOf(ctx, t)
}

// Unsubscribe removes a subscription; what waited for it waits for nobody.
func (s *Service) Unsubscribe(ctx context.Context, scope kernel.Scope, name, sub string) error {
	t, one, err := s.subscription(ctx, actionWrite, scope, name, sub)
	if err != nil {
		return err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Subscriptions.DeleteSubscription(ctx, t, sub); err != nil {
			return err
		}
		return s.record(ctx, t, "topic-subscription.deleted", one.told())
	})
	s.pushing.nudge(err)
	if err != nil {
		return err
	}
	if err := s.Broker.RemoveGroup(ctx, Account(t.Scope, deadName(t.Name)), sub); err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	return s.Broker.RemoveGroup(ctx, t.Account(), sub)
}

// Pause stops deliveries with a reason, and Resume has them go on; events wait meanwhile, as
// long as the topic keeps them.
func (s *Service) Pause(ctx context.Context, scope kernel.Scope, name, sub, reason string) (Subscription, error) {
	t, one, err := s.subscription(ctx, actionWrite, scope, name, sub)
	if err != nil || one.Status == Paused {
		return one, err
	}
	one.Status, one.Reason = Paused, reason
	return one, s.changed(ctx, t, one, "topic-subscription.paused", reason)
}

// Resume has a subscription deliver again.
func (s *Service) Resume(ctx context.Context, scope kernel.Scope, name, sub string) (Subscription, error) {
	t, one, err := s.subscription(ctx, actionWrite, scope, name, sub)
	if err != nil || one.Status == Active {
		return one, err
	}
	one.Status, one.Reason = Active, ""
	return one, s.changed(ctx, t, one, "topic-subscription.resumed", "")
}

// LagOf tells how far behind a subscription is.
func (s *Service) LagOf(ctx context.Context, scope kernel.Scope, name, sub string) (Lag, error) {
	t, one, err := s.subscription(ctx, actionRead, scope, name, sub)
	if err != nil {
		return Lag{}, err
	}
	return s.lag(ctx, t, one)
}

func (s *Service) lag(ctx context.Context, t Topic, sub Subscription) (Lag, error) {
	l, err := s.Broker.Lag(ctx, t.Account(), sub.Name)
	if err != nil {
		return Lag{}, err
	}
	out := Lag{Pending: l.Pending, InFlight: l.InFlight}
	if !l.Oldest.IsZero() {
		out.OldestAt = &l.Oldest
	}
	stats, err := s.Broker.Stats(ctx, Account(t.Scope, deadName(t.Name)))
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return out, err
	}
	out.Dead = stats.Messages
	return out, nil
}

// Replayed is from where a subscription goes on.
type Replayed struct {
	// At is a moment, Offset a place in a partition; Dead has its dead letters come again.
	At        *time.Time
	Partition int
	Offset    *uint64
	Dead      bool
}

// Replay has a subscription begin again at a moment or a place, or has its dead letters
// delivered again. Exactly one is given.
func (s *Service) Replay(ctx context.Context, scope kernel.Scope, name, sub string, from Replayed) error {
	t, one, err := s.subscription(ctx, actionWrite, scope, name, sub)
	if err != nil {
		return err
	}
	if given := []bool{from.At != nil, from.Offset != nil, from.Dead}; len(slices.DeleteFunc(given, func(b bool) bool { return !b })) != 1 {
		return kernel.Errorf(kernel.Invalid, "a replay is from a moment, from an offset or of dead letters").WithFix("give one of them")
	}
	if from.Dead {
		return s.redrive(ctx, t, one)
	}
	to := broker.Start{}
	if from.At != nil {
		to.Time = *from.At
	} else {
		to.At = &broker.Position{Partition: from.Partition, Offset: *from.Offset}
		if err := s.holds(ctx, t, *to.At); err != nil {
			return err
		}
	}
	if err := s.Broker.Seek(ctx, t.Account(), sub, to); err != nil {
		return err
	}
	if err := s.Attempts.ForgetAllAttempts(ctx, live(t, one).attempts()); err != nil {
		return err
	}
	return s.changed(ctx, t, one, "topic-subscription.replayed", "")
}

// holds refuses a place at which a topic has nothing and will not have the next event: a group
// that waits there would miss what comes before.
func (s *Service) holds(ctx context.Context, t Topic, at broker.Position) error {
	stats, err := s.Broker.Stats(ctx, t.Account())
	if err != nil {
		return err
	}
	if at.Partition < 0 || at.Partition >= len(stats.Partitions) {
		return kernel.Errorf(kernel.Invalid, "topic %s has no partition %d", t.Name, at.Partition).WithFix("its partitions are 0 to %d", len(stats.Partitions)-1)
	}
	if next := stats.Partitions[at.Partition].Next; at.Offset > next {
		return kernel.Errorf(kernel.Invalid, "offset %d lies behind all events of topic %s", at.Offset, t.Name).WithFix("the next event gets %d", next)
	}
	return nil
}
