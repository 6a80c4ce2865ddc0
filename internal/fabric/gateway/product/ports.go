package product

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Store keeps subscriptions; productsql implements it.
type Store interface {
	// Insert adds one. A second that is not over, with its name on its stage, is a Conflict.
	Insert(ctx context.Context, s Subscription) error
	// Save changes one that nobody has changed meanwhile, or is Stale.
	Save(ctx context.Context, s Subscription) error
	// Get returns the one of a name or id; of several of a name the one that is not over,
	// else the newest.
	Get(ctx context.Context, scope kernel.Scope, name string) (Subscription, error)
	// List returns those that are seen, by id, the newest first.
	List(ctx context.Context, tenant string, f Filter, page kernel.PageRequest) (kernel.Page[Subscription], error)
	// Count returns how many are not over, and holds off others who count until the
	// transaction ends.
	Count(ctx context.Context, scope kernel.Scope, product, plan string, of *Consumer) (int, error)
	// Due returns some that are not over though their end has come.
	Due(ctx context.Context, now time.Time, most int) ([]Subscription, error)
	// All returns every one of every tenant that is not over, or is only since a time.
	All(ctx context.Context, since time.Time) ([]Subscription, error)
	// Turn grows with every change.
	Turn(ctx context.Context) (int64, error)
}

// Filter says which subscriptions are wanted, and which are seen.
type Filter struct {
	// Project and Stage are those of the product, empty for any.
	Project, Stage, Product string
	State                   State
	// Reach is where the actor sees those of products, and which projects' own it sees.
	Reach kernel.Reach
}

// UsageStore keeps what was counted; productsql implements it.
type UsageStore interface {
	// Add adds to counts, and returns what they are then, in the same order.
	Add(ctx context.Context, all []Usage) ([]Usage, error)
	// Current returns the counts of periods that begin at the given times.
	Current(ctx context.Context, starts map[Period]time.Time) ([]Usage, error)
	// Tell notes that a share of a quota was told; false is that it was before.
	Tell(ctx context.Context, u Usage, bytes bool, percent int) (bool, error)
	// Usage returns the counts of a subscription, the newest first.
	Usage(ctx context.Context, subscription string, p Period, most int) ([]Usage, error)
	// Drop removes hours before one time, and what is longer before another.
	Drop(ctx context.Context, hours, others time.Time) error
}

// Usage is what a subscription used in a period.
type Usage struct {
	Scope        kernel.Scope `json:"-"`
	Subscription string       `json:"-"`
	Period       Period       `json:"period"`
	From         time.Time    `json:"from"`
	Calls        int64        `json:"calls"`
	Bytes        int64        `json:"bytes"`
	// Refused are calls beyond a quota.
	Refused int64 `json:"refused"`
}

// Documents has the documents of products; gatewaysql implements it.
type Documents interface {
	// Products returns those of a scope itself.
	Products(ctx context.Context, scope kernel.Scope) ([]gateway.Policy, error)
	// AllProducts returns those of a tenant, of every tenant for "".
	AllProducts(ctx context.Context, tenant string) ([]gateway.Policy, error)
	// Revision grows with every change of a document.
	Revision(ctx context.Context) (int64, error)
}

// Planes knows the stages whose keys something other than this gateway takes.
type Planes interface {
	// Plane names what does, "" for this gateway.
	Plane(scope kernel.Scope) string
}

// Limits makes the filter of a plan's rate limits; the kind RateLimitPolicy implements it.
type Limits interface {
	Compile(ctx context.Context, p gateway.Policy, at gateway.Attachment) (exchange.Filter, error)
}

// Shared counts together with other replicas. It never waits long: where it cannot
// answer at once, ok is false and each counts for itself.
type Shared interface {
	// Ready tells that it could answer just now.
	Ready() bool
	// Take counts all claims or, where one is used up, none. Used has what each is then.
	Take(ctx context.Context, claims []Claim) (used []int64, refused int, ok bool)
}

// Claim is what is wanted of one count.
type Claim struct {
	// Key names the count; it is forgotten at Until.
	Key   string
	Until time.Time
	// Known is what is used at least, Late what was used since and comes before all else.
	Known, Late int64
	// Cost is what is wanted; it is refused where Limit is reached, if that is not 0. Below 0
	// it gives back.
	Cost, Limit int64
}

// Consumers knows who can subscribe.
type Consumers interface {
	// Find completes a consumer of a tenant, or is NotFound.
	Find(ctx context.Context, tenant string, c Consumer) (Consumer, error)
}

// Stages knows which stages there are.
type Stages interface {
	// Check is NotFound for a stage that there is not.
	Check(stage string) error
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where in the scope's tenant that is, to narrow lists by.
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
