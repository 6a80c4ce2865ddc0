package topic

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/schema"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// The actions.
const (
	actionRead    = "topic.read"
	actionWrite   = "topic.write"
	actionPublish = "topic.publish"
	actionConsume = "topic.consume"
	// actionGrant makes credentials that open a topic past Terrace's own door.
	actionGrant = "topic.grant"
)

// Config is what a Service needs.
type Config struct {
	Store         Store
	Schemas       Schemas
	Grants        Grants
	Subscriptions Subscriptions
	Attempts      Attempts
	Bridges       Bridges
	BridgeLeases  BridgeLeases
	Removals      Removals
	// Broker carries topics; Brokers are those that it knows, nil where it is one alone, in
	// this process.
	Broker     broker.Broker
	Brokers    Brokers
	Places     Places
	Authorizer Authorizer
	Journal    Journal
	Tx         Tx
	Sealer     Sealer
	// Guard is to which addresses events are posted.
	Guard egress.Guard
	// Metrics may be nil: nothing is counted then.
	Metrics *Metrics
	// Address is where others reach the platform, for the addresses of schemas.
	Address string
	Clock   kernel.Clock
	Log     *slog.Logger
	// FirstPause and MaxPause bound the pause between attempts to post: a second, and 15
	// minutes where a server asks for them, when 0.
	FirstPause, MaxPause time.Duration
}

// Service keeps topics.
type Service struct {
	Config

	// carrying has one change of a topic at the broker at a time.
	carrying sync.Mutex
	compiled compiled
	pushing  *leased[*pusher]
	bridging *leased[*runner]
}

// New returns a Service that carries nothing before Start.
func New(c Config) *Service {
	c.FirstPause, c.MaxPause = cmp.Or(c.FirstPause, time.Second), cmp.Or(c.MaxPause, 15*time.Minute)
	s := &Service{Config: c, compiled: compiled{all: map[string]*schema.Schema{}}, pushing: newLeased[*pusher]("subscription", "tps"), bridging: newLeased[*runner]("bridge", "tpb")}
	if s.Brokers == nil {
		s.Brokers = sole{s}
	}
	return s
}

// Start makes every topic of the server in this process usable again, with its grants and
// subscriptions, and returns their accounts. What cannot be is told in the log: the others are.
// Clusters keep what they were told.
func (s *Service) Start(ctx context.Context) (accounts []string, err error) {
	all, err := s.Store.All(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		t, err := s.adopt(ctx, t)
		if kernel.Is(err, kernel.NotFound) {
			continue // it was deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		if !s.own(t) {
			continue
		}
		accounts = append(accounts, t.Account())
		if err := s.carry(ctx, t); err != nil {
			s.Log.ErrorContext(ctx, "a topic cannot be used", "topic", t.Account(), "error", err)
		}
	}
	return accounts, nil
}

// carry brings the broker to what is kept of a topic.
func (s *Service) carry(ctx context.Context, t Topic) error {
	s.locate(t)
	if err := s.Broker.Ensure(ctx, t.broker()); err != nil {
		return err
	}
	grants, err := s.Grants.GrantsOf(ctx, t)
	if err != nil {
		return err
	}
	for _, g := range grants {
		if err := s.carryGrant(ctx, t, g); err != nil && !kernel.Is(err, kernel.Refused) {
			return err
		}
	}
	subs, err := s.Subscriptions.SubscriptionsOf(ctx, t)
	if err != nil {
		return err
	}
	for _, sub := range subs {
		if err := s.Broker.EnsureGroup(ctx, t.Account(), sub.group(FromOldest)); err != nil {
			return err
		}
	}
	return nil
}

// broker is what the broker is to have of the topic.
func (t Topic) broker() broker.Topic {
	return broker.Topic{
		Name: t.Account(), Subject: t.Subject, Partitions: t.Partitions, Replicas: t.Replicas,
		Retention: t.Retention(), RetentionBytes: t.RetentionBytes, MaxMessage: t.MaxMessageBytes,
	}
}

// reconcile brings the broker to what is kept of one topic, which was so before: of two
// changes at once the later one holds.
func (s *Service) reconcile(ctx context.Context, was Topic) error {
	s.carrying.Lock()
	defer s.carrying.Unlock()
	t, err := s.Store.Get(ctx, was.Scope, was.Name)
	if kernel.Is(err, kernel.NotFound) {
		s.locate(was)
		return s.Broker.Remove(ctx, was.Account())
	}
	if err != nil {
		return err
	}
	return s.carry(ctx, t)
}

// get finds a topic for an actor who may do the action there, and which this process can do.
func (s *Service) get(ctx context.Context, action string, scope kernel.Scope, name string) (Topic, error) {
	t, err := s.find(ctx, action, scope, name)
	if err == nil && action != actionRead {
		err = s.here(t)
	}
	return t, err
}

// find finds a topic for an actor who may do the action there. What is done with it is done
// where it is now: it may have been made anew on another broker, by another daemon.
func (s *Service) find(ctx context.Context, action string, scope kernel.Scope, name string) (Topic, error) {
	if err := s.Authorizer.Authorize(ctx, action, scope); err != nil {
		return Topic{}, err
	}
	t, err := s.Store.Get(ctx, scope, name)
	if kernel.Is(err, kernel.NotFound) {
		return t, kernel.Errorf(kernel.NotFound, "there is no topic %q at %s", name, scope.Stage).WithFix("see those that there are with: terrace topic list")
	}
	if err == nil {
		s.locate(t)
	}
	return t, err
}

func (s *Service) record(ctx context.Context, t Topic, fact string, data map[string]any) error {
	return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: t.Scope, Subject: t.Name, Data: data})
}

// Get returns a topic.
func (s *Service) Get(ctx context.Context, scope kernel.Scope, name string) (Topic, error) {
	return s.get(ctx, actionRead, scope, name)
}

// Stats tells what a topic holds.
func (s *Service) Stats(ctx context.Context, scope kernel.Scope, name string) (broker.Stats, error) {
	t, err := s.get(ctx, actionRead, scope, name)
	if err != nil {
		return broker.Stats{}, err
	}
	return s.Broker.Stats(ctx, t.Account())
}

// List returns the topics of a project that the actor sees, by stage and name; an empty stage
// is all of them.
func (s *Service) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Topic], error) {
	project := kernel.Scope{Tenant: scope.Tenant, Project: scope.Project}
	if err := s.Authorizer.Authorize(ctx, actionRead, project); err != nil {
		return kernel.Page[Topic]{}, err
	}
	if err := s.Places.Check(ctx, scope); err != nil {
		return kernel.Page[Topic]{}, err
	}
	reach, err := s.Authorizer.Allowed(ctx, actionRead, project)
	if err != nil {
		return kernel.Page[Topic]{}, err
	}
	return s.Store.List(ctx, scope, reach, page)
}
