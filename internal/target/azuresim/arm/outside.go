package arm

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// Summary is one resource in the list of everything.
type Summary struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Name      string `json:"name"`
	Location  string `json:"location,omitempty"`
	ChangedBy string `json:"changedBy"`
}

// Everything lists all resources, of one type when typ is not empty.
func (e *Engine) Everything(typ string) []Summary {
	out := []Summary{}
	_ = e.store.read(func(t *tx) error { // fn returns no error
		for _, r := range t.all(func(string, *Resource) bool { return true }) {
			if typ == "" || strings.EqualFold(typ, r.ID.Type()) {
				out = append(out, Summary{r.ID.String(), r.ID.Type(), r.Name(), r.Location(), r.ChangedBy})
			}
		}
		return nil
	})
	return out
}

// Show returns one resource as a read shows it.
func (e *Engine) Show(id string) (body Object, err error) {
	err = e.store.read(func(t *tx) error {
		c := e.context(t, Caller{Owner: true})
		r, kind, err := c.stored(id)
		if err != nil {
			return err
		}
		body = c.render(kind, r)
		return nil
	})
	return body, err
}

func (c *Context) stored(text string) (*Resource, *Kind, error) {
	id, err := ParseID(text)
	if err != nil {
		return nil, nil, BadRequest("InvalidResourceId", "'%s' is no id of a resource.", text)
	}
	r, kind := c.Get(id.Key()), c.engine.kind(id.Type())
	if r == nil || kind == nil {
		return nil, nil, noResource(id)
	}
	return r, kind, nil
}

// Edit changes a resource as somebody else does it: behind Terraform's back. Paths of set
// that are null are removed. The kind's rules are not asked: what a person could do in Azure, and
// more, happens. It is in the activity log.
func (e *Engine) Edit(ctx context.Context, caller Caller, id string, set map[string]any) (body Object, err error) {
	defer func() { e.noteOutside(ctx, caller, http.MethodPut, id, err) }()
	set = maps.Clone(set)
	if len(set) == 0 {
		return nil, BadRequest("NothingToChange", "an edit sets at least one path: properties.x=y")
	}
	err = e.store.write(ctx, func(t *tx) error {
		c := e.context(t, caller)
		r, kind, err := c.stored(id)
		if err != nil {
			return err
		}
		if err := c.checkWritable(r.ID); err != nil {
			return err
		}
		for path, v := range set {
			if v == nil {
				r.Unset(path)
				continue
			}
			if v, err = fitting(r, path, v); err != nil {
				return err
			}
			set[path] = v
			r.Set(path, v)
		}
		if err := checkTags(r); err != nil {
			return err
		}
		c.Put(r)
		body = c.render(kind, c.Get(r.ID.Key()))
		return shows(body, set)
	})
	return body, err
}

// fitting gives a value the type of what it replaces: text stays text. A tag is text always.
func fitting(r *Resource, path string, v any) (any, error) {
	v, old := Plain(v), r.Get(path)
	_, wasText := old.(string)
	_, isText := v.(string)
	switch v.(type) {
	case float64, bool:
		if wasText || old == nil && strings.HasPrefix(path, "tags.") {
			return fmt.Sprint(v), nil
		}
	}
	if old != nil && (wasText != isText || fmt.Sprintf("%T", old) != fmt.Sprintf("%T", v)) {
		return nil, BadRequest("InvalidValue", "'%s' is of another type: it is %T now, and would be %T.", path, old, v)
	}
	return v, nil
}

// shows refuses an edit of what a resource does not keep itself: a list of children, a computed value.
func shows(body Object, set map[string]any) error {
	for path, v := range set {
		if got, _ := Lookup(body, path); !equal(got, Plain(v)) {
			return BadRequest("NotEditable", "'%s' is not kept in this resource: edit the resource that it is shown from.", path)
		}
	}
	return nil
}

// Delete removes a resource as somebody else does it.
func (e *Engine) Delete(ctx context.Context, caller Caller, id string) (err error) {
	defer func() { e.noteOutside(ctx, caller, http.MethodDelete, id, err) }()
	return e.store.write(ctx, func(t *tx) error {
		c := e.context(t, caller)
		r, kind, err := c.stored(id)
		if err != nil {
			return err
		}
		if err := c.checkDeletable(r.ID); err != nil {
			return err
		}
		return c.drop(kind, r)
	})
}

func (e *Engine) noteOutside(ctx context.Context, caller Caller, method, id string, failed error) {
	a := empty(http.StatusOK)
	if failed != nil {
		a = refusal(failed)
	}
	e.note(ctx, &request{method: method, path: id, caller: caller, correlation: NewUUID()}, a, failed)
}
