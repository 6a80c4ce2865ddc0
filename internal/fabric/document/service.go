package document

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Service keeps documents behind a store: it checks, gives revisions, and makes keys.
type Service struct {
	Store Store
	Clock kernel.Clock
	// Metrics counts calls; nil counts nothing.
	Metrics *Metrics
}

// Absent is the revision of a document that is not there.
const Absent int64 = 0

// Put asks for a document.
type Put struct {
	ID   string
	Body json.RawMessage
	// If is the revision that it must have, Absent for a new one; nil takes any.
	If *int64
	// ExpiresAt ends its life; the zero time does not.
	ExpiresAt time.Time
}

// place says where a collection of a scope is.
func (c Collection) place(scope kernel.Scope) (Place, error) {
	if scope.Tenant == "" {
		return Place{}, kernel.Errorf(kernel.Invalid, "documents belong to a tenant, and the scope has none")
	}
	return Place{Scope: scope, Collection: c.Name}, c.Check()
}

// Get returns a document, or NotFound.
func (s *Service) Get(ctx context.Context, scope kernel.Scope, c Collection, id string) (d Document, err error) {
	defer s.count("get", time.Now(), &err)
	at, err := c.place(scope)
	if err != nil {
		return Document{}, err
	}
	current, err := s.current(ctx, at, []string{id})
	if err != nil {
		return Document{}, err
	}
	if found := current[id]; found.isThere(s.Clock.Now()) {
		return *found.Document, nil
	}
	return Document{}, kernel.Errorf(kernel.NotFound, "there is no document %.80q in %s", id, c.Name)
}

// Put makes a document what is asked for. One that has another revision than asked for is
// Stale.
func (s *Service) Put(ctx context.Context, scope kernel.Scope, c Collection, p Put) (Document, error) {
	return s.one(ctx, scope, c, "put", PutWrite(p))
}

// Patch changes a document by a merge patch (RFC 7396); one that is not there is
// NotFound. Its life stays as long as it was.
func (s *Service) Patch(ctx context.Context, scope kernel.Scope, c Collection, id string, patch json.RawMessage, when *int64) (Document, error) {
	return s.one(ctx, scope, c, "patch", Write{Kind: Patches, ID: id, Body: patch, If: when})
}

// Delete removes a document; one that is not there is NotFound.
func (s *Service) Delete(ctx context.Context, scope kernel.Scope, c Collection, id string, when *int64) error {
	_, err := s.one(ctx, scope, c, "delete", Write{Kind: Deletes, ID: id, If: when})
	return err
}

func (s *Service) one(ctx context.Context, scope kernel.Scope, c Collection, op string, w Write) (d Document, err error) {
	defer s.count(op, time.Now(), &err)
	all, err := s.write(ctx, scope, c, []Write{w})
	if err != nil {
		return Document{}, err
	}
	return all[0], nil
}

// held is a document as a store has it; nil where it has none.
type held struct{ *Document }

func (h held) isThere(now time.Time) bool { return h.Document != nil && !h.IsOver(now) }

// revision is that for a caller, to whom a document whose life is over is not there.
func (h held) revision(now time.Time) int64 {
	if h.isThere(now) {
		return h.Revision
	}
	return Absent
}

// current returns the documents as they are in the store.
func (s *Service) current(ctx context.Context, at Place, ids []string) (map[string]held, error) {
	for _, id := range ids {
		if err := checkID(id); err != nil {
			return nil, err
		}
	}
	found, err := s.Store.Get(ctx, at, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[string]held, len(found))
	for _, d := range found {
		out[d.ID] = held{&d}
	}
	return out, nil
}

// Find returns a page of the documents of which a query holds. A page may have fewer than
// its limit and be followed by others.
func (s *Service) Find(ctx context.Context, scope kernel.Scope, c Collection, q Query) (page kernel.Page[Document], err error) {
	defer s.count("find", time.Now(), &err)
	page = kernel.Page[Document]{Items: []Document{}}
	at, err := c.place(scope)
	if err != nil {
		return page, err
	}
	scan, err := c.scan(q)
	if err != nil {
		return page, err
	}
	scan.Now = s.Clock.Now()
	found, err := s.Store.Find(ctx, at, scan)
	if err != nil {
		return page, err
	}
	if found.Documents != nil {
		page.Items = found.Documents
	}
	page.Next = found.Next.cursor()
	return page, nil
}

// tries bounds how often a change is made anew when another one was quicker.
const tries = 10

// again waits a moment before a try, longer each time; an error is the end of ctx.
func again(ctx context.Context, try int) error {
	longest := time.Millisecond << min(try, 7)
	select {
	case <-time.After(rand.N(longest)): //nolint:gosec // only spreads tries
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
