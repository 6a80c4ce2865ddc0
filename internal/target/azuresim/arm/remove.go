package arm

import (
	"context"
	"net/http"
)

// remove answers DELETE.
func (e *Engine) remove(ctx context.Context, r *request, k *Kind, id ID) (a *answer, err error) {
	err = e.store.write(ctx, func(t *tx) error {
		c := e.context(t, r.caller)
		if err := c.Authorize(action(k, "delete"), false, id.String()); err != nil {
			return err
		}
		if err := c.checkGroup(id); err != nil {
			return err
		}
		old := c.Get(id.Key())
		if old == nil {
			if k.Type == TypeGroup {
				return noGroup(id.Name())
			}
			a = empty(http.StatusNoContent)
			return nil
		}
		if err := checkMatch(r.header, old); err != nil {
			return err
		}
		if err := c.checkDeletable(id); err != nil {
			return err
		}
		shown := c.render(k, old)
		if err := c.drop(k, old); err != nil {
			return err
		}
		a = e.removed(c, r, k, old, shown)
		return nil
	})
	return a, err
}

// drop removes a resource and all under it, after asking its kind.
func (c *Context) drop(k *Kind, r *Resource) error {
	if k.Deletable != nil {
		if err := k.Deletable(c, r); err != nil {
			return err
		}
	}
	gone := c.find(func(key string, _ *Resource) bool { return r.ID.Covers(key) })
	c.Remove(r.ID.String())
	for _, one := range gone {
		if kind := c.engine.kind(one.ID.Type()); kind != nil && kind.Deleted != nil {
			kind.Deleted(c, one)
		}
	}
	return nil
}

// removed is the answer to a deletion.
func (e *Engine) removed(c *Context, r *request, k *Kind, old *Resource, shown Object) *answer {
	status := k.Status.Delete
	if status == 0 {
		status = http.StatusOK
		if k.Async.Delete != Now {
			status = http.StatusAccepted
		}
	}
	a := empty(status)
	if k.Async.Delete == Now && r.slow == 0 {
		return a
	}
	Assign(shown, "properties.provisioningState", "Deleting")
	op := e.operations.start(operation{key: old.ID.Key(), state: "Deleting", left: r.slow, gone: shown, started: c.now})
	return e.pollable(a, op, k.Async.Delete, r)
}
