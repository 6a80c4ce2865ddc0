package arm

import (
	"net/http"
	"time"
)

// get answers GET and HEAD of one resource.
func (e *Engine) get(r *request, k *Kind, id ID) (a *answer, err error) {
	err = e.store.read(func(t *tx) error {
		c := e.context(t, r.caller)
		if err := c.Authorize(action(k, "read"), false, id.String()); err != nil {
			return err
		}
		if gone := e.operations.tombstone(id.Key()); gone != nil {
			a = ok(gone)
			return nil
		}
		if err := c.checkGroup(id); err != nil {
			return err
		}
		found := c.Get(id.Key())
		if found == nil && k.Find != nil {
			found = k.Find(c, id)
		}
		if found == nil {
			return c.missing(k, id)
		}
		body := c.render(k, found)
		if state := e.operations.state(id.Key()); state != "" && !k.NoProvisioningState {
			Assign(body, "properties.provisioningState", state)
		}
		a = ok(body).with("Etag", `"`+found.Etag+`"`)
		return nil
	})
	if r.method == http.MethodHead && err == nil {
		a.status, a.body = http.StatusNoContent, nil
	}
	return a, err
}

// missing says what is not there: the resource, or its parent already.
func (c *Context) missing(k *Kind, id ID) error {
	if k.Type == TypeGroup {
		return noGroup(id.Name())
	}
	if len(id.Types) > 1 {
		if err := c.checkParent(id); err != nil {
			return err
		}
	}
	return noResource(id)
}

// render is a resource as a read shows it.
func (c *Context) render(k *Kind, r *Resource) Object {
	r = r.clone()
	if r.Body == nil {
		r.Body = Object{}
	}
	c.showInline(k, r)
	if k.Show != nil {
		k.Show(c, r)
	}
	body := r.Body
	body["id"], body["name"], body["type"] = r.ID.String(), r.Name(), r.ID.Type()
	if r.Etag != "" {
		body["etag"] = `"` + r.Etag + `"`
	}
	if !k.NoSystemData && !r.CreatedAt.IsZero() {
		body["systemData"] = Object{
			"createdBy": r.CreatedBy, "createdByType": "Application", "createdAt": r.CreatedAt.Format(time.RFC3339),
			"lastModifiedBy": r.ChangedBy, "lastModifiedByType": "Application", "lastModifiedAt": r.ChangedAt.Format(time.RFC3339),
		}
	}
	return body
}
