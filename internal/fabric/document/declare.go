package document

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// declared is the collection of this room in which the collections of a scope are.
const declared = "_collections"

// Declare has a collection of a scope be as it is declared: documents that it has get keys
// of indexes that are new. It is to be called before the collection is used, and again when
// it changes; meanwhile documents without keys are not found by new indexes.
func (s *Service) Declare(ctx context.Context, scope kernel.Scope, c Collection) error {
	at, err := c.place(scope)
	if err != nil {
		return err
	}
	book := Place{Scope: scope, Collection: declared}
	known, err := s.current(ctx, book, []string{c.Name})
	if err != nil {
		return err
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return err
	}
	body, err := Canonical(raw)
	if err != nil {
		return err
	}
	was := known[c.Name]
	if was.Document != nil && slices.Equal(was.Body, body) {
		return nil
	}
	if err := s.Store.Prepare(ctx, c); err != nil {
		return err
	}
	if was.Document != nil {
		if err := s.reindex(ctx, at, c); err != nil {
			return err
		}
	}
	change := Change{ID: c.Name, Now: &Document{ID: c.Name, Revision: s.Clock.Now().UnixMicro(), Body: body, UpdatedAt: s.Clock.Now().UTC()}}
	if was.Document != nil {
		change.Was, change.Now.Revision = was.Revision, max(was.Revision+1, change.Now.Revision)
	}
	return s.Store.Apply(ctx, book, []Change{change})
}

// reindex writes the keys of all documents anew. One that is changed meanwhile gets them so.
func (s *Service) reindex(ctx context.Context, at Place, c Collection) error {
	scan := Scan{Limit: kernel.MaxPageSize, Now: s.Clock.Now()}
	for {
		found, err := s.Store.Find(ctx, at, scan)
		if err != nil {
			return err
		}
		for _, d := range found.Documents {
			was := d.Keys
			if err := c.indexed(&d); err != nil {
				return kernel.Errorf(kernel.Invalid, "the document %.80q of %s: %w", d.ID, c.Name, err)
			}
			d.Revision++
			err := s.Store.Apply(ctx, at, []Change{{ID: d.ID, Was: d.Revision - 1, WasKeys: was, Now: &d}})
			if err != nil && !kernel.Is(err, kernel.Stale) {
				return err
			}
		}
		if scan.After = found.Next; scan.After == nil {
			return nil
		}
	}
}

// Collections returns what is declared in a scope, by name.
func (s *Service) Collections(ctx context.Context, scope kernel.Scope) ([]Collection, error) {
	var out []Collection
	scan := Scan{Limit: kernel.MaxPageSize, Now: s.Clock.Now()}
	for {
		found, err := s.Store.Find(ctx, Place{Scope: scope, Collection: declared}, scan)
		if err != nil {
			return nil, err
		}
		for _, d := range found.Documents {
			var c Collection
			if err := json.Unmarshal(d.Body, &c); err != nil {
				return nil, err
			}
			out = append(out, c)
		}
		if scan.After = found.Next; scan.After == nil {
			return out, nil
		}
	}
}
