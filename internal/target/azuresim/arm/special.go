package arm

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// special answers the paths that are no resource's; is tells whether the path is one.
func (e *Engine) special(_ context.Context, r *request) (a *answer, err error, is bool) {
	if a, err, is := e.operationOf(r); is {
		return a, err, true
	}
	path := strings.ToLower(r.path)
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	get := r.method == http.MethodGet
	switch {
	case path == "/tenants" && get:
		return ok(Object{"value": []any{Object{"id": "/tenants/" + e.cloud.TenantID, "tenantId": e.cloud.TenantID, "tenantCategory": "Home", "displayName": "Terrace"}}}), nil, true
	case path == "/providers" && get:
		return ok(Object{"value": e.providers("")}), nil, true
	case parts[0] != "subscriptions":
		return nil, nil, false
	case len(parts) == 1 && get:
		a, err = e.subscriptions(r)
		return a, err, true
	case len(parts) < 3:
		return nil, nil, false
	}
	if a, err, is = e.inside(r, parts); !is {
		return nil, nil, false
	}
	if missing := e.inSubscription(ID{Subscription: parts[1]}); missing != nil {
		return nil, missing, true
	}
	return a, err, true
}

// inside answers the paths of a subscription that are no resource's.
func (e *Engine) inside(r *request, parts []string) (a *answer, err error, is bool) {
	get := r.method == http.MethodGet
	scope := "/subscriptions/" + parts[1]
	switch {
	case get && len(parts) == 3 && parts[2] == "locations":
		return ok(Object{"value": describeLocations(scope)}), nil, true
	case get && len(parts) == 3 && parts[2] == "providers":
		return ok(Object{"value": e.providers(scope)}), nil, true
	case len(parts) == 4 && parts[2] == "providers" && get,
		len(parts) == 5 && parts[2] == "providers" && parts[4] == "register" && r.method == http.MethodPost:
		a, err := e.provider(scope, parts[3])
		return a, err, true
	case get && (len(parts) == 3 && parts[2] == "resources" || len(parts) == 5 && parts[2] == "resourcegroups" && parts[4] == "resources"):
		a, err := e.resources(r, strings.TrimSuffix(r.path, "/"+r.path[strings.LastIndex(r.path, "/")+1:]))
		return a, err, true
	case get && strings.HasSuffix(strings.Join(parts, "/"), "/providers/microsoft.insights/eventtypes/management/values"):
		a, err := e.events(r)
		return a, err, true
	}
	return nil, nil, false
}

func (e *Engine) subscriptions(r *request) (a *answer, err error) {
	err = e.store.read(func(t *tx) error {
		c := e.context(t, r.caller)
		found := c.find(func(_ string, one *Resource) bool { return one.ID.Type() == TypeSubscription })
		a, err = e.page(c, r, Query{}, found)
		return err
	})
	return a, err
}

// resources lists what has a location in a group or a subscription.
func (e *Engine) resources(r *request, scope string) (a *answer, err error) {
	q, err := r.listQuery()
	if err != nil {
		return nil, err
	}
	err = e.store.read(func(t *tx) error {
		c := e.context(t, r.caller)
		id, err := ParseID(scope)
		if err != nil {
			return BadRequest("InvalidScope", "'%s' is no scope.", scope)
		}
		if id.Group != "" && t.get(id.Key()) == nil {
			return noGroup(id.Group)
		}
		if err := c.Authorize("Microsoft.Resources/subscriptions/resources/read", false, scope); err != nil {
			return err
		}
		found := c.find(func(key string, one *Resource) bool {
			kind := e.kind(one.ID.Type())
			return kind != nil && kind.Located && one.ID.Namespace != "" && id.Covers(key)
		})
		if found, err = filter(c, found, q.Filter); err != nil {
			return err
		}
		a, err = e.page(c, r, q, found)
		return err
	})
	if err == nil {
		shorten(a.body)
	}
	return a, err
}

// shorten leaves what the list of all resources shows of each.
func shorten(body any) {
	page, _ := body.(Object)
	values, _ := page["value"].([]any)
	for i, v := range values {
		full, _ := v.(Object)
		short := Object{}
		for _, name := range []string{"id", "name", "type", "location", "tags", "sku", "kind", "identity", "managedBy", "zones"} {
			if v, has := full[name]; has {
				short[name] = v
			}
		}
		if state, has := Lookup(full, "properties.provisioningState"); has {
			short["provisioningState"] = state
		}
		values[i] = short
	}
}

// providers describes the namespaces of the kinds.
func (e *Engine) providers(scope string) []any {
	types := map[string][]any{}
	for _, key := range slices.Sorted(maps.Keys(e.kinds)) {
		namespace, typ, _ := strings.Cut(e.kinds[key].Type, "/")
		types[namespace] = append(types[namespace], Object{"resourceType": typ, "locations": []any{}, "apiVersions": []any{}})
	}
	out := make([]any, 0, len(types))
	for _, namespace := range slices.Sorted(maps.Keys(types)) {
		out = append(out, Object{
			"id": scope + "/providers/" + namespace, "namespace": namespace, "resourceTypes": types[namespace],
			"registrationState": "Registered", "registrationPolicy": "RegistrationRequired",
		})
	}
	return out
}

func (e *Engine) provider(scope, namespace string) (*answer, error) {
	for _, one := range e.providers(scope) {
		if known, _ := one.(Object); strings.EqualFold(known["namespace"].(string), namespace) { //nolint:forcetypeassert // written above
			return ok(known), nil
		}
	}
	return nil, NotFound("InvalidResourceNamespace", "The resource namespace '%s' is invalid.", namespace)
}
