package document

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Store keeps documents somewhere. What it is given is checked, and in canonical form.
type Store interface {
	// Prepare has the store serve a collection's indexes quickly; it may be so already.
	Prepare(ctx context.Context, c Collection) error
	// Get returns those of the documents that are there, those whose life is over among
	// them, in any order.
	Get(ctx context.Context, at Place, ids []string) ([]Document, error)
	// Apply makes the changes, all or none where Limits says Atomic, else in their order up
	// to the first that fails. A document that is not as its change says is Stale.
	Apply(ctx context.Context, at Place, changes []Change) error
	// Find returns documents in the order of the scan.
	Find(ctx context.Context, at Place, scan Scan) (Found, error)
	// Sweep removes documents whose life ended before, up to most, and returns how many.
	Sweep(ctx context.Context, before time.Time, most int) (int, error)
	// Drop removes documents of a scope and of all that is in it, up to most, and returns
	// how many; fewer than most are the last.
	Drop(ctx context.Context, scope kernel.Scope, most int) (int, error)
	// Limits tells what differs between stores.
	Limits() Limits
	// Ping reports whether the store answers.
	Ping(ctx context.Context) error
}

// Limits are what differs between stores, for who uses one.
type Limits struct {
	// Driver names the kind of store: sqlite, postgres, mongodb or dynamodb.
	Driver string `json:"driver"`
	// Atomic tells that a batch is made as a whole or not at all. Else its changes are made
	// in their order, each as a whole, up to the first that cannot be.
	Atomic bool `json:"atomic"`
}

// Change is a change of one document.
type Change struct {
	ID string
	// Was is the revision that the document must have, 0 for none: it must not be there.
	Was int64
	// WasKeys are the keys that it has at that revision.
	WasKeys map[string]string
	// Now is the document from now on; nil removes it.
	Now *Document
}

// Scan is a query as stores execute it: the documents of which the key of an index is in
// a range, in the order of the keys, and of ids where keys are equal.
type Scan struct {
	// Index is the index; "" has all documents in the order of their ids.
	Index string
	// Ranges are where keys are, each apart from the others; none are all.
	Ranges     []Range
	Descending bool
	// After is the last document of the page before, nil for the first page.
	After *Position
	// Also are what holds of the documents beside.
	Also  []Filter
	Limit int
	// Now is which documents' lives are over.
	Now time.Time
}

// Filter has the key of an index be in one of the ranges.
type Filter struct {
	Index  string
	Ranges []Range
}

// Range is a part of an index. Both ends are keys.
type Range struct {
	From, To string
	// Above leaves From out, and Through has To in.
	Above, Through bool
}

// Has reports whether a key is in the range.
func (r Range) Has(key string) bool {
	return (key > r.From || key == r.From && !r.Above) && (key < r.To || key == r.To && r.Through)
}

// Holds reports whether the filter holds of a document's keys.
func (f Filter) Holds(keys map[string]string) bool {
	key, there := keys[f.Index]
	if !there {
		return false
	}
	for _, r := range f.Ranges {
		if r.Has(key) {
			return true
		}
	}
	return false
}

// Position is a place in the order of a scan; Key is "" in the order of ids.
type Position struct {
	Key string `json:"k,omitempty"`
	ID  string `json:"i"`
}

// Found is what a scan found.
type Found struct {
	Documents []Document
	// Next is where the scan goes on, nil at its end. A store that looked at many documents
	// which the filters let out may return fewer than the limit before the end.
	Next *Position
}

// FoundOf cuts documents, fetched with one more than the scan's limit.
func FoundOf(all []Document, scan Scan) Found {
	if len(all) <= scan.Limit {
		return Found{Documents: all}
	}
	all = all[:scan.Limit]
	return Found{Documents: all, Next: scan.PositionOf(all[len(all)-1])}
}

// PositionOf returns where a document is in the scan's order.
func (s Scan) PositionOf(d Document) *Position { return &Position{Key: d.Keys[s.Index], ID: d.ID} }
