package arm

import (
	"time"
)

// Resource is one resource as it is stored. Hooks get copies: what they change
// counts for the resource in hand, for others only after Context.Put.
type Resource struct {
	// ID has the casing of the resource's creation.
	ID ID `json:"-"`
	// Body is the document: location, tags, sku, identity, properties. The
	// engine writes id, name, type, etag and systemData when it is shown.
	Body Object `json:"body"`
	// Hidden is kept with the resource and never shown: write-only
	// properties under their path, keys that listKeys returns.
	Hidden Object `json:"hidden,omitempty"`
	// Etag changes with every write.
	Etag string `json:"etag"`
	// CreatedBy and ChangedBy are callers' names.
	CreatedBy string    `json:"createdBy"`
	ChangedBy string    `json:"changedBy"`
	CreatedAt time.Time `json:"createdAt"`
	ChangedAt time.Time `json:"changedAt"`
}

// Get returns the value at a path of the body, nil when there is none.
func (r *Resource) Get(path string) any {
	v, _ := Lookup(r.Body, path)
	return v
}

// Has tells whether the body has something other than null at a path.
func (r *Resource) Has(path string) bool { return r.Get(path) != nil }

// Str returns the string at a path, "" when there is none.
func (r *Resource) Str(path string) string {
	s, _ := r.Get(path).(string)
	return s
}

// Num returns the number at a path, 0 when there is none.
func (r *Resource) Num(path string) float64 {
	n, _ := r.Get(path).(float64)
	return n
}

// Bool returns the truth at a path, false when there is none.
func (r *Resource) Bool(path string) bool {
	b, _ := r.Get(path).(bool)
	return b
}

// List returns the list at a path, nil when there is none.
func (r *Resource) List(path string) []any {
	l, _ := r.Get(path).([]any)
	return l
}

// Obj returns the object at a path, nil when there is none.
func (r *Resource) Obj(path string) Object {
	o, _ := r.Get(path).(Object)
	return o
}

// Set puts a value at a path. Any value that JSON can carry will do.
func (r *Resource) Set(path string, v any) {
	if r.Body == nil {
		r.Body = Object{}
	}
	Assign(r.Body, path, Plain(v))
}

// Default puts a value at a path where there is none or null.
func (r *Resource) Default(path string, v any) {
	if !r.Has(path) {
		r.Set(path, v)
	}
}

// Unset removes what is at a path.
func (r *Resource) Unset(path string) { Discard(r.Body, path) }

// Hide keeps a value that is never shown.
func (r *Resource) Hide(name string, v any) {
	if r.Hidden == nil {
		r.Hidden = Object{}
	}
	r.Hidden[name] = Plain(v)
}

// Secret returns a hidden string, "" when there is none.
func (r *Resource) Secret(name string) string {
	s, _ := r.Hidden[name].(string)
	return s
}

// Name is the resource's own name.
func (r *Resource) Name() string { return r.ID.Name() }

// Location is where it is: "westeurope".
func (r *Resource) Location() string { return r.Str("location") }

func (r *Resource) clone() *Resource {
	c := *r
	c.Body, c.Hidden = Clone(r.Body), Clone(r.Hidden)
	return &c
}
