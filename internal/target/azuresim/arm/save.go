package arm

import (
	"context"
	"net/http"
	"strings"
)

// save answers PUT and PATCH.
func (e *Engine) save(ctx context.Context, r *request, k *Kind, id ID) (*answer, error) {
	if r.method == http.MethodPatch && k.NoPatch {
		return nil, notAllowed(r.method)
	}
	if r.body == nil {
		r.body = Object{}
	}
	var a *answer
	err := e.store.write(ctx, func(t *tx) error {
		c := e.context(t, r.caller)
		if err := c.Authorize(action(k, "write"), false, id.String()); err != nil {
			return err
		}
		if err := c.checkWritable(id); err != nil {
			return err
		}
		change := change{kind: k, id: id, body: r.body, patch: r.method == http.MethodPatch, header: r.header}
		saved, created, err := c.save(change)
		if err != nil {
			return err
		}
		a = e.saved(c, r, k, saved, created)
		return nil
	})
	return a, err
}

// change is one write to one resource.
type change struct {
	kind   *Kind
	id     ID
	body   Object
	patch  bool
	header http.Header
}

// save runs a kind's rules and hooks and stores the result.
func (c *Context) save(ch change) (saved *Resource, created bool, err error) {
	if err := c.checkScope(ch.kind, ch.id); err != nil {
		return nil, false, err
	}
	old := c.Get(ch.id.Key())
	if old != nil || !ch.kind.MatchesNew || ch.header.Get("If-Match") != "*" {
		if err := checkMatch(ch.header, old); err != nil {
			return nil, false, err
		}
	}
	if old == nil {
		if ch.patch {
			return nil, false, noResource(ch.id)
		}
		if err := c.checkNew(ch); err != nil {
			return nil, false, err
		}
	}
	r := c.draft(ch, old)
	inline := takeInline(ch.kind, r)
	if err := c.settle(ch.kind, r, old); err != nil {
		return nil, false, err
	}
	c.engine.operations.forget(r.ID.Key())
	c.Put(r)
	if err := c.saveInline(ch.kind, r, inline); err != nil {
		return nil, false, err
	}
	if ch.kind.Saved != nil {
		if err := ch.kind.Saved(c, c.Get(r.ID.Key()), old); err != nil {
			return nil, false, err
		}
	}
	if saved = c.Get(r.ID.Key()); saved == nil { // Saved took it away again: a plan that became free is none
		saved = r
	}
	return saved, old == nil, nil
}

func (c *Context) checkNew(ch change) error {
	if err := c.engine.checkName(ch.kind, ch.id); err != nil {
		return err
	}
	if c.engine.operations.deleting(ch.id.Key()) {
		return Conflict("ResourceIsBeingDeleted", "The resource '%s' is being deleted; wait until it is gone.", ch.id)
	}
	return c.checkUnique(ch.kind, ch.id)
}

// draft is the document that a write asks for, before any hook.
func (c *Context) draft(ch change, old *Resource) *Resource {
	r := &Resource{ID: c.canonical(ch.kind, ch.id), Body: withoutNulls(Clone(ch.body)), Hidden: Object{}}
	if old != nil {
		r.ID, r.Hidden = old.ID, Clone(old.Hidden)
		r.CreatedAt, r.CreatedBy, r.Etag = old.CreatedAt, old.CreatedBy, old.Etag
		if r.Hidden == nil {
			r.Hidden = Object{}
		}
	}
	if ch.patch {
		r.Body = Merge(old.Body, ch.body)
		if tags, has := ch.body["tags"]; has { // tags are replaced as one
			r.Body["tags"] = tags
		}
	}
	for _, own := range []string{"id", "name", "type", "etag", "systemData"} {
		delete(r.Body, own)
	}
	if !ch.patch && old != nil {
		for _, path := range ch.kind.Keep {
			if v, has := Lookup(old.Body, path); has && !r.Has(path) {
				r.Set(path, v)
			}
		}
	}
	restore(r, old, append([]string{"properties.provisioningState"}, ch.kind.ReadOnly...))
	return r
}

// restore puts back what the caller cannot set.
func restore(r, old *Resource, paths []string) {
	for _, path := range paths {
		r.Unset(path)
		if old == nil {
			continue
		}
		if v, has := Lookup(old.Body, path); has {
			Assign(r.Body, path, Clone(v))
		}
	}
}

// settle runs the checks and hooks before r is stored.
func (c *Context) settle(k *Kind, r, old *Resource) error {
	if err := checkLocation(k, r, old); err != nil {
		return err
	}
	if err := checkTags(r); err != nil {
		return err
	}
	if err := checkPaths(k, r, old); err != nil {
		return err
	}
	if err := c.identity(r, old); err != nil {
		return err
	}
	if !k.NoProvisioningState {
		r.Set("properties.provisioningState", "Succeeded")
	}
	if k.Default != nil {
		k.Default(c, r)
	}
	if k.Check != nil {
		if err := k.Check(c, r, old); err != nil {
			return err
		}
	}
	if k.Compute != nil {
		k.Compute(c, r, old)
	}
	for _, path := range k.WriteOnly {
		if v := r.Get(path); v != nil {
			r.Hide(path, v)
		}
		r.Unset(path)
	}
	return nil
}

// canonical gives an id the casing of the kind and of the parents that are stored.
func (c *Context) canonical(k *Kind, id ID) ID {
	if id.Namespace == "" {
		parsed, _ := ParseID("/subscriptions/" + id.Subscription + "/resourceGroups/" + id.Name())
		return parsed
	}
	namespace, rest, _ := strings.Cut(k.Type, "/")
	types := strings.Split(rest, "/")
	if parent := id.Parent(); parent.Key() != "" {
		if stored := c.tx.get(parent.Key()); stored != nil && len(id.Types) > 1 {
			return stored.ID.Child(types[len(types)-1], id.Name())
		} else if stored != nil {
			id.Scope = stored.ID.String()
		}
	}
	id.Namespace, id.Types = namespace, types
	return id
}

// withoutNulls drops members that are null: in a PUT they mean nothing.
func withoutNulls(o Object) Object {
	for name, v := range o {
		switch v := v.(type) {
		case nil:
			delete(o, name)
		case Object:
			withoutNulls(v)
		case []any:
			for _, item := range v {
				if inner, is := item.(Object); is {
					withoutNulls(inner)
				}
			}
		}
	}
	return o
}

// saved is the answer to a write.
func (e *Engine) saved(c *Context, r *request, k *Kind, saved *Resource, created bool) *answer {
	status, style, state := k.Status.Update, k.Async.Put, "Updating"
	if r.method == http.MethodPatch {
		style = k.Async.Patch
	}
	if created {
		status, state = k.Status.Create, "Creating"
	}
	if status == 0 {
		status = http.StatusOK
	}
	body := c.render(k, saved)
	a := &answer{status: status, body: body}
	a.with("Etag", `"`+saved.Etag+`"`)
	if style == Now && r.slow == 0 {
		return a
	}
	op := e.operations.start(operation{key: saved.ID.Key(), state: state, left: r.slow, result: body, started: c.now})
	if !k.NoProvisioningState && (style == ByOperation || r.slow > 0) {
		shown := Clone(body)
		Assign(shown, "properties.provisioningState", state)
		a.body = shown
	}
	return e.pollable(a, op, style, r)
}
