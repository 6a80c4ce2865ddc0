package app

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/access/tenant/export"
	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsserver"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
	"github.com/terrace-idp/terrace/internal/target/local"
)

// buildTopics makes the topics of workloads, and the brokers that they are on.
func (f *fabric) buildTopics(p *platform, a *access) error {
	metrics, err := topic.NewMetrics(p.telemetry.Registry())
	if err != nil {
		return err
	}
	store := topicsql.NewStore(p.db)
	if f.brokers, err = newBrokers(p, f, store); err != nil {
		return err
	}
	f.topics = topic.New(topic.Config{
		Store: store, Schemas: store, Grants: store, Subscriptions: store, Attempts: store, Bridges: store, BridgeLeases: store, Removals: store, Broker: f.brokers, Brokers: f.brokers,
		Authorizer: a.identity, Journal: a.journal, Tx: p.db, Sealer: p.sealer,
		Guard:   egress.Guard{Allow: p.config.Sinks(), What: "addresses that events are posted to", Setting: "sinkNetworks"},
		Metrics: metrics, Address: p.publicURL(), Log: p.log,
	})
	return nil
}

// startTopics makes topics usable again, and removes what a crash left of those that were
// deleted.
func (f *fabric) startTopics(ctx context.Context, p *platform) error {
	accounts, err := f.topics.Start(ctx)
	if err != nil {
		return err
	}
	f.tellBrokers(ctx, p)
	known := map[string]bool{}
	for _, account := range accounts {
		known[account] = true
	}
	return f.nats.Sweep(known)
}

// topicLoops adds what delivers events of topics, and looks after them.
func (f *fabric) topicLoops(g *supervise.Group) {
	g.Add("events of topics", f.topics.Push)
	g.Add("bridges of topics", f.topics.RunBridges)
	g.Every("topics that others deleted", time.Minute, func(ctx context.Context) error { return f.topics.Tidy(ctx, f.nats.Accounts(), f.brokers.RemoveHere) })
	g.Every("topics that were deleted", time.Minute, f.topics.RemoveDeleted)
	g.Every("credentials of topics", time.Minute, f.topics.EndCredentials)
	g.Every("lag of topics", topic.MeasureEvery, f.topics.Measure)
}

// localTopics gives the local target topics on the platform's broker.
type localTopics struct {
	topics *topic.Service
	server *natsserver.Server
}

// EnsureTopic implements local.Topics.
func (a localTopics) EnsureTopic(ctx context.Context, scope kernel.Scope, t local.Topic) (local.TopicAccess, error) {
	made, err := a.topics.Provide(ctx, scope, t.Name, topic.Settings{Subject: t.Subject, RetentionSeconds: int64(t.Retention / time.Second)}, t.Password)
	return a.access(made), err
}

// Topic implements local.Topics.
func (a localTopics) Topic(ctx context.Context, scope kernel.Scope, name string) (local.TopicAccess, error) {
	t, err := a.topics.Provided(ctx, scope, name)
	return a.access(t), err
}

// DeleteTopic implements local.Topics.
func (a localTopics) DeleteTopic(ctx context.Context, scope kernel.Scope, name string) error {
	return a.topics.Withdraw(ctx, scope, name)
}

func (a localTopics) access(t topic.Topic) local.TopicAccess {
	return local.TopicAccess{
		Host: a.server.Host(), Port: a.server.Port(), URL: a.server.URL(), Subject: t.Subject, Username: t.Account(),
	}
}

// erasedTopics is a departure.Eraser of the events of topics. Rows are found by it, so it goes
// before they do.
type erasedTopics struct{ topics *topic.Service }

// Erase implements departure.Eraser.
func (e erasedTopics) Erase(ctx context.Context, name string) (rows, removed int64, err error) {
	removed, err = e.topics.Erase(ctx, name)
	return 0, removed, err
}

// exportedTopics tells that the events of topics are not in an archive.
type exportedTopics struct{ store *topicsql.Store }

// Write implements export.Source.
func (e exportedTopics) Write(ctx context.Context, tenant string, to *export.Archive) error {
	n, err := e.store.Count(ctx, tenant)
	if err == nil && n > 0 {
		to.Omit("events of topics: they are with the broker, from which a subscription or a grant has them")
	}
	return err
}
