package rounds

import "context"

// Schedule is one that is read in pages.
type Schedule[W any] struct {
	// Page returns those after a name, in the order of their names, a bounded number.
	Page func(ctx context.Context, after string) ([]W, error)
	Name func(w W) string
}

// Align compares a schedule with what there is, by name, a page at a time: align gets
// each page with those of it that there are. It returns what the schedule does not have.
func Align[W, T any](ctx context.Context, s Schedule[W], there map[string]T, align func(ctx context.Context, page []W, there map[string]T) error) (missing map[string]T, err error) {
	missing = make(map[string]T, len(there))
	for name, t := range there {
		missing[name] = t
	}
	for after := ""; ; {
		page, err := s.Page(ctx, after)
		if err != nil || len(page) == 0 {
			return missing, err
		}
		for _, w := range page {
			after = s.Name(w)
			delete(missing, after)
		}
		if err := align(ctx, page, there); err != nil {
			return nil, err
		}
	}
}
