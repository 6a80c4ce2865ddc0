package document

import (
	"context"
	"encoding/json"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// WriteKind is what a write does.
type WriteKind string

// The kinds of writes.
const (
	Puts    WriteKind = "put"
	Patches WriteKind = "patch"
	Deletes WriteKind = "delete"
)

// Write is one change that is asked for.
type Write struct {
	Kind WriteKind
	ID   string
	// Body is the document's, or the merge patch.
	Body json.RawMessage
	// If is the revision that the document must have, Absent for none; nil takes any.
	If *int64
	// ExpiresAt ends the life of a document that is put.
	ExpiresAt time.Time
}

// PutWrite is the write of a put.
func PutWrite(p Put) Write {
	return Write{Kind: Puts, ID: p.ID, Body: p.Body, If: p.If, ExpiresAt: p.ExpiresAt}
}

// Batch makes up to MaxBatch writes of different documents: all or none where the store's
// Limits say Atomic, else in their order up to the first that fails. It returns the
// documents, without bodies where they were removed.
func (s *Service) Batch(ctx context.Context, scope kernel.Scope, c Collection, writes []Write) (all []Document, err error) {
	defer s.count("batch", time.Now(), &err)
	return s.write(ctx, scope, c, writes)
}

func (s *Service) write(ctx context.Context, scope kernel.Scope, c Collection, writes []Write) ([]Document, error) {
	at, err := c.place(scope)
	if err != nil {
		return nil, err
	}
	ids, err := idsOf(writes)
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		made, err := s.try(ctx, at, c, ids, writes)
		if !kernel.Is(err, kernel.Stale) || try == tries || isConditional(writes) {
			return made, err
		}
		if err := again(ctx, try); err != nil {
			return nil, err
		}
	}
}

// isConditional reports whether a revision is asked for: who does decides about another try.
// So it is where a store makes batches in part.
func isConditional(writes []Write) bool {
	for _, w := range writes {
		if w.If != nil {
			return true
		}
	}
	return len(writes) > 1
}

func idsOf(writes []Write) ([]string, error) {
	if len(writes) == 0 || len(writes) > MaxBatch {
		return nil, kernel.Errorf(kernel.Invalid, "a batch of %d documents cannot be made", len(writes)).WithFix("change 1 to %d", MaxBatch)
	}
	ids, seen := make([]string, 0, len(writes)), map[string]bool{}
	for _, w := range writes {
		if seen[w.ID] {
			return nil, kernel.Errorf(kernel.Invalid, "the document %.80q is twice in the batch", w.ID).WithFix("change each once")
		}
		seen[w.ID] = true
		ids = append(ids, w.ID)
	}
	return ids, nil
}

func (s *Service) try(ctx context.Context, at Place, c Collection, ids []string, writes []Write) ([]Document, error) {
	current, err := s.current(ctx, at, ids)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now().UTC().Truncate(time.Microsecond)
	changes, made := make([]Change, 0, len(writes)), make([]Document, 0, len(writes))
	for _, w := range writes {
		change, err := w.change(c, current[w.ID], now)
		if err != nil {
			return nil, err
		}
		changes = append(changes, change)
		if change.Now != nil {
			made = append(made, *change.Now)
		} else {
			made = append(made, Document{ID: w.ID, UpdatedAt: now})
		}
	}
	return made, s.Store.Apply(ctx, at, changes)
}

// change returns what a write does to the document as it is.
func (w Write) change(c Collection, h held, now time.Time) (Change, error) {
	change := Change{ID: w.ID}
	if h.Document != nil {
		change.Was, change.WasKeys = h.Revision, h.Keys
	}
	if is := h.revision(now); w.If != nil && *w.If != is {
		return change, stale(w.ID, *w.If, is)
	}
	if w.Kind != Puts && !h.isThere(now) {
		return change, kernel.Errorf(kernel.NotFound, "there is no document %.80q in %s", w.ID, c.Name)
	}
	if w.Kind == Deletes {
		return change, nil
	}
	d, err := w.document(c, h)
	// Revisions are times, so that one that was there before is never one again.
	d.Revision, d.UpdatedAt = max(change.Was+1, now.UnixMicro()), now
	change.Now = &d
	return change, err
}

// document returns what the document becomes.
func (w Write) document(c Collection, h held) (d Document, err error) {
	d = Document{ID: w.ID, ExpiresAt: w.ExpiresAt.UTC().Truncate(time.Millisecond)}
	if w.ExpiresAt.IsZero() {
		d.ExpiresAt = time.Time{}
	}
	switch w.Kind {
	case Puts:
		d.Body, err = Canonical(w.Body)
	case Patches:
		d.ExpiresAt = h.ExpiresAt
		d.Body, err = Merge(h.Body, w.Body)
	default:
		err = kernel.Errorf(kernel.Invalid, "there is no write %q", w.Kind).WithFix("use %s, %s or %s", Puts, Patches, Deletes)
	}
	if err != nil {
		return d, err
	}
	return d, c.indexed(&d)
}

// indexed gives a document the keys of its body.
func (c Collection) indexed(d *Document) error {
	body, err := decodeObject(d.Body)
	if err != nil {
		return err
	}
	d.Keys, err = c.keys(body)
	return err
}

func stale(id string, wanted, is int64) error {
	if is == Absent {
		return kernel.Errorf(kernel.Stale, "the document %.80q is not there, and revision %d was to be changed", id, wanted).WithFix("read it again")
	}
	if wanted == Absent {
		return kernel.Errorf(kernel.Stale, "the document %.80q is there already, at revision %d", id, is).WithFix("change that revision, or take another id")
	}
	return kernel.Errorf(kernel.Stale, "the document %.80q has revision %d, and %d was to be changed", id, is, wanted).WithFix("read it again")
}

// Changed is the error of a store whose document is not as a change says.
func Changed(id string) error {
	return kernel.Errorf(kernel.Stale, "the document %.80q was changed by somebody else meanwhile", id).WithFix("read it again")
}
