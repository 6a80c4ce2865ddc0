package kernel

// The bounds of a page.
const (
	DefaultPageSize = 50
	MaxPageSize     = 200
)

// PageRequest asks for a part of a list.
type PageRequest struct {
	// Limit is the largest number of items wanted; 0 means DefaultPageSize.
	Limit int
	// Cursor is the Next of the page before, "" for the first.
	Cursor string
}

// Size returns the limit within its bounds.
func (r PageRequest) Size() int {
	if r.Limit <= 0 {
		return DefaultPageSize
	}
	return min(r.Limit, MaxPageSize)
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of the following page, "" on the last.
	Next string `json:"next,omitempty"`
}

// PageOf cuts items, fetched with one more than the request's size, to a page;
// cursor tells the cursor after an item.
func PageOf[T any](items []T, r PageRequest, cursor func(T) string) Page[T] {
	if items == nil {
		items = []T{}
	}
	if len(items) <= r.Size() {
		return Page[T]{Items: items}
	}
	items = items[:r.Size()]
	return Page[T]{Items: items, Next: cursor(items[len(items)-1])}
}
