package arm

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// ServeHTTP answers a request to Resource Manager.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	headers(w, correlation(r))
	if e.Intercept(w, r) {
		return
	}
	req, err := e.parse(r)
	var a *answer
	if err == nil {
		req.slow = e.faults.slow(r)
		a, err = e.serve(r.Context(), req)
	}
	if err != nil {
		a = refusal(err)
	}
	if req != nil {
		e.note(r.Context(), req, a, err)
	}
	a.write(w, r.Method == http.MethodHead)
}

// serve answers a request that is well-formed and whose caller is known. A
// defect in a hook becomes an error of that request alone.
func (e *Engine) serve(ctx context.Context, r *request) (a *answer, err error) {
	defer func() {
		if v := recover(); v != nil {
			e.log.ErrorContext(ctx, "the simulated Azure failed", "method", r.method, "path", r.path, "reason", v)
			a, err = nil, panicked(v)
		}
	}()
	if a, err, special := e.special(ctx, r); special {
		return a, err
	}
	id, err := ParseID(r.path)
	if err != nil || id.Type() == "" {
		return nil, NotFound("InvalidResourceType", "The path '%s' is none of Azure Resource Manager.", r.path)
	}
	if err := e.inSubscription(id); err != nil {
		return nil, err
	}
	if r.method == http.MethodPost {
		return e.post(ctx, r, id)
	}
	kind := e.kind(id.Type())
	if kind == nil {
		return nil, e.unknownType(id)
	}
	return e.one(ctx, r, kind, id)
}

// one answers everything but POST for one resource or one list.
func (e *Engine) one(ctx context.Context, r *request, k *Kind, id ID) (*answer, error) {
	if id.Collection() && k.Single {
		id.Names = append(slices.Clone(id.Names), "current")
	}
	if id.Collection() {
		if r.method != http.MethodGet {
			return nil, notAllowed(r.method)
		}
		return e.list(r, k, id)
	}
	switch r.method {
	case http.MethodGet, http.MethodHead:
		return e.get(r, k, id)
	case http.MethodPut, http.MethodPatch:
		return e.save(ctx, r, k, id)
	case http.MethodDelete:
		return e.remove(ctx, r, k, id)
	}
	return nil, notAllowed(r.method)
}

func notAllowed(method string) error {
	return Errorf(http.StatusMethodNotAllowed, "MethodNotAllowed", "The method %s is not allowed here.", method)
}

// inSubscription refuses ids of subscriptions that are not there.
func (e *Engine) inSubscription(id ID) error {
	if id.Subscription == "" {
		return nil
	}
	return e.store.read(func(t *tx) error {
		if t.get("/subscriptions/"+strings.ToLower(id.Subscription)) == nil {
			return noSubscription(id.Subscription)
		}
		return nil
	})
}

// unknownType says that no kind has the type, as Azure does.
func (e *Engine) unknownType(id ID) error {
	prefix := strings.ToLower(id.Namespace) + "/"
	for typ := range e.kinds {
		if strings.HasPrefix(typ, prefix) {
			return NotFound("InvalidResourceType", "The resource type '%s' could not be found in the namespace '%s' of this simulation.", strings.Join(id.Types, "/"), id.Namespace)
		}
	}
	return NotFound("InvalidResourceNamespace", "The resource namespace '%s' (type '%s') is none of this simulation.", id.Namespace, id.Type())
}
