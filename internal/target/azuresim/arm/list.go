package arm

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// pageSize is how many resources one page of a list has.
const pageSize = 200

// list answers GET of a list.
func (e *Engine) list(r *request, k *Kind, id ID) (a *answer, err error) {
	q, err := r.listQuery()
	if err != nil {
		return nil, err
	}
	err = e.store.read(func(t *tx) error {
		c := e.context(t, r.caller)
		if err := c.Authorize(action(k, "read"), false, id.Parent().String()); err != nil {
			return err
		}
		if err := c.checkListed(id); err != nil {
			return err
		}
		found := c.listed(k, id)
		if k.Search != nil {
			found = k.Search(c, id.Parent(), q, found)
		} else if found, err = filter(c, found, q.Filter); err != nil {
			return err
		}
		a, err = e.page(c, r, q, found)
		return err
	})
	return a, err
}

// checkListed refuses a list under what is not there.
func (c *Context) checkListed(id ID) error {
	if err := c.checkGroup(id); err != nil {
		return err
	}
	if parent := id.Parent(); parent.Namespace != "" {
		return c.checkParent(id)
	}
	return nil
}

// listed finds the resources of a list: children of a parent, extensions of a scope,
// else everything of the type in the group or the subscription.
func (c *Context) listed(k *Kind, id ID) []*Resource {
	parent := id.Parent()
	if k.Type == TypeGroup {
		return c.Under("/subscriptions/"+id.Subscription, TypeGroup)
	}
	exact := len(id.Types) > 1 || k.Scopes&InResource != 0
	return c.find(func(key string, r *Resource) bool {
		if !strings.EqualFold(r.ID.Type(), k.Type) {
			return false
		}
		if exact {
			return r.ID.Parent().Key() == parent.Key()
		}
		return parent.Covers(key)
	})
}

// page cuts one page out and says where the next one is.
func (e *Engine) page(c *Context, r *request, q Query, found []*Resource) (*answer, error) {
	start, size := 0, pageSize
	if q.Top > 0 {
		size = min(q.Top, pageSize)
	}
	if token := r.query.Get("$skiptoken"); token != "" {
		n, err := strconv.Atoi(token)
		if err != nil || n < 0 {
			return nil, BadRequest("InvalidSkipToken", "The value '%s' of the query parameter '$skiptoken' is none of this list.", token)
		}
		start = min(n, len(found))
	}
	end := min(start+size, len(found))
	values := make([]any, 0, end-start)
	for _, one := range found[start:end] {
		kind := e.kind(one.ID.Type())
		if kind == nil {
			continue
		}
		values = append(values, c.render(kind, one))
	}
	body := Object{"value": values}
	if end < len(found) {
		body["nextLink"] = e.nextLink(r, end)
	}
	return ok(body), nil
}

func (e *Engine) nextLink(r *request, start int) string {
	query := url.Values{}
	for name, values := range r.query {
		query[name] = slices.Clone(values)
	}
	query.Set("$skiptoken", strconv.Itoa(start))
	return e.cloud.Endpoint + (&url.URL{Path: r.path, RawQuery: query.Encode()}).String()
}
