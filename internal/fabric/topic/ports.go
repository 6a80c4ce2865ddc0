package topic

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Store keeps topics; topicsql implements all that the room keeps.
type Store interface {
	// Insert keeps a topic; one of its name at the stage is a Conflict.
	Insert(ctx context.Context, t Topic) error
	// Save changes a topic; it is Stale where somebody has done so since it was read.
	Save(ctx context.Context, t Topic) error
	Get(ctx context.Context, scope kernel.Scope, name string) (Topic, error)
	// List returns the topics of a project that are reached, by stage and name; an empty
	// stage is all.
	List(ctx context.Context, scope kernel.Scope, reach kernel.Reach, page kernel.PageRequest) (kernel.Page[Topic], error)
	// Delete removes a topic with all that belongs to it, and reports whether there was one.
	Delete(ctx context.Context, scope kernel.Scope, name string) (bool, error)
	Count(ctx context.Context, tenant string) (int, error)
	// All returns every topic of every tenant, for the broker.
	All(ctx context.Context) ([]Topic, error)
}

// Schemas keeps schemas of event types.
type Schemas interface {
	InsertSchema(ctx context.Context, t Topic, s EventSchema) error
	// LatestSchemas returns the newest version of each type, by type.
	LatestSchemas(ctx context.Context, t Topic) ([]EventSchema, error)
	// ListSchemas returns all versions, by type and version.
	ListSchemas(ctx context.Context, t Topic, page kernel.PageRequest) (kernel.Page[EventSchema], error)
	// SchemaOf returns a version of a type, the newest for 0, or NotFound.
	SchemaOf(ctx context.Context, t Topic, eventType string, version int) (EventSchema, error)
}

// Grants keeps who may use topics.
type Grants interface {
	InsertGrant(ctx context.Context, t Topic, g Grant) error
	SaveGrant(ctx context.Context, t Topic, g Grant) error
	Grant(ctx context.Context, t Topic, name string) (Grant, error)
	// GrantsOf returns those of a topic by name.
	GrantsOf(ctx context.Context, t Topic) ([]Grant, error)
	DeleteGrant(ctx context.Context, t Topic, name string) error
	// EndingGrants returns topics and names of grants with a credential that ended before a time,
	// in the order of these, from the one after a place on.
	EndingGrants(ctx context.Context, before time.Time, after OfTopic, limit int) ([]OfTopic, error)
}

// OfTopic names what belongs to a topic.
type OfTopic struct {
	Scope       kernel.Scope
	Topic, Name string
}

// Subscriptions keeps durable consumers.
type Subscriptions interface {
	InsertSubscription(ctx context.Context, t Topic, s Subscription) error
	SaveSubscription(ctx context.Context, t Topic, s Subscription) error
	Subscription(ctx context.Context, t Topic, name string) (Subscription, error)
	// SubscriptionsOf returns those of a topic by name.
	SubscriptionsOf(ctx context.Context, t Topic) ([]Subscription, error)
	DeleteSubscription(ctx context.Context, t Topic, name string) error
	// AllSubscriptions names every one of every tenant, for what is measured.
	AllSubscriptions(ctx context.Context) ([]OfTopic, error)
	// ClaimPushes has a process hold the active ones that are pushed and that it holds
	// already, or nobody any more, until a time, and names them: those of clusters, and of the
	// embedded server that is its home.
	ClaimPushes(ctx context.Context, holder, home string, now, until time.Time) ([]OfTopic, error)
	// ReleasePushes gives back what a process holds.
	ReleasePushes(ctx context.Context, holder string) error
}

// Attempts keeps how often events were delivered in vain, which are not done with: brokers
// forget it when their process ends. It keeps them of a bounded number of events.
type Attempts interface {
	// Attempts returns those of a subscription that there are, by place.
	Attempts(ctx context.Context, of AttemptsOf) (map[broker.Position]int, error)
	KeepAttempts(ctx context.Context, of AttemptsOf, at broker.Position, n int, now time.Time) error
	ForgetAttempts(ctx context.Context, of AttemptsOf, at ...broker.Position) error
	// ForgetAllAttempts forgets them for a subscription that begins again.
	ForgetAllAttempts(ctx context.Context, of AttemptsOf) error
}

// AttemptsOf are deliveries to a subscription of a topic: of its events, or, where Dead is set,
// of its dead letters.
type AttemptsOf struct {
	Topic        Topic
	Subscription string
	Dead         bool
}

// Places knows which projects and stages there are.
type Places interface {
	// Check is NotFound for a project or a stage that there is not.
	Check(ctx context.Context, scope kernel.Scope) error
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where in the scope that is, to narrow lists by.
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Sealer encrypts keys, bound to what they belong to.
type Sealer interface {
	SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}
