package focus

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Store keeps what was imported; focussql implements it.
type Store interface {
	Imports
	Reports
	Rulebook
}

// Imports takes billing data. What is loaded counts from Activate on.
type Imports interface {
	// Begin keeps an import that is under way.
	Begin(ctx context.Context, i Import) error
	// Load adds a batch to an import, in one transaction of its own.
	Load(ctx context.Context, i Import, b Batch) error
	// Activate makes an import's slices count in place of those that they replace, and
	// returns how many that were. Nobody else does so for the tenant meanwhile.
	Activate(ctx context.Context, i Import) (replaced int, err error)
	// Discard ends an import of which nothing counts.
	Discard(ctx context.Context, id string) error
	// Forget makes an import count no more, or is NotFound.
	Forget(ctx context.Context, tenant, id string) error
	// List returns the imports of a tenant that count or have counted, the newest first.
	List(ctx context.Context, tenant string, page kernel.PageRequest) (kernel.Page[Import], error)
	// Abandon discards imports that have loaded nothing since a moment.
	Abandon(ctx context.Context, before time.Time) error
	// Clear removes some of what does not count any more; more says that there is more.
	Clear(ctx context.Context) (more bool, err error)
}

// Reports reads what counts.
type Reports interface {
	// Costs returns the sums of a month's billing periods, 2026-01, by thing, tags, currency and category.
	Costs(ctx context.Context, tenant, month string) ([]Cost, error)
	// Days returns the sums of usage from a day to a day, the last one included.
	Days(ctx context.Context, tenant, from, to string) ([]Daily, error)
	// Coverage returns what is there, by account and period.
	Coverage(ctx context.Context, tenant string) ([]Slice, error)
}

// Rulebook keeps the rules of allocation, and which anomalies were told.
type Rulebook interface {
	// Rules returns a tenant's rules, or NotFound.
	Rules(ctx context.Context, tenant string) (Rules, error)
	PutRules(ctx context.Context, tenant string, r Rules) error
	// Tell keeps that an anomaly was told; false where it was before.
	Tell(ctx context.Context, tenant, anomaly string, at time.Time) (bool, error)
}

// Batch is a part of an import, summed up.
type Batch struct {
	Slices []Slice
	Things map[int64]Thing
	// Labels are sets of tags by their keys, as JSON.
	Labels map[int64]string
	Sums   []Sum
	Usage  []DaySum
}

// Slice is what one import has of an account's billing period.
type Slice struct {
	ID      int64  `json:"-"`
	Account string `json:"account"`
	// Period is the first day of the billing period, End the first after it.
	Period string `json:"period"`
	End    string `json:"end"`
	// Part is the part of the account that it has, "" for all of it.
	Part string `json:"part,omitempty"`
	// From and To are the first and the last day with a charge.
	From   string `json:"from"`
	To     string `json:"to"`
	Import string `json:"import"`
}

// Sum is what a thing with some tags came to in a slice.
type Sum struct {
	Slice, Thing, Label     int64
	Currency, Category      string
	Rows                    int64
	Billed, Effective, List Amount
}

// DaySum is what a service came to on a day, usage alone.
type DaySum struct {
	Slice, Label           int64
	Day, Service, Currency string
	Effective              Amount
}

// Cost is a Sum that was read.
type Cost struct {
	Thing                   Thing
	Tags                    string
	Currency, Category      string
	Billed, Effective, List Amount
}

// Daily is a DaySum that was read.
type Daily struct {
	Day, Service, Currency, Tags string
	Effective                    Amount
}
