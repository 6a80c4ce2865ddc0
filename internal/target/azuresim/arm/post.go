package arm

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
)

// post answers POST: an action of a resource, or of a type in a scope. Its path
// has one segment more than the resource's id, so it parses as a list.
func (e *Engine) post(ctx context.Context, r *request, id ID) (*answer, error) {
	if !id.Collection() {
		return nil, notAllowed(r.method)
	}
	if kind := e.kind(id.Type()); kind != nil && kind.Post != nil {
		return e.postType(ctx, r, kind, id.Parent())
	}
	last := len(id.Types) - 1
	name, target := id.Types[last], id.Parent()
	if id.Namespace != "" && last == 0 {
		return nil, e.unknownType(id)
	}
	if id.Namespace == "" {
		target.Types, target.Names = id.Types[:last], id.Names
	}
	kind := e.kind(target.Type())
	if kind == nil {
		return nil, e.unknownType(target)
	}
	return e.postOne(ctx, r, kind, target, name)
}

func (e *Engine) postType(ctx context.Context, r *request, k *Kind, scope ID) (a *answer, err error) {
	err = e.store.write(ctx, func(t *tx) error {
		c := e.context(t, r.caller)
		if err := c.Authorize(action(k, "action"), false, scope.String()); err != nil {
			return err
		}
		result, err := k.Post(c, scope, r.body)
		a = ok(result)
		return err
	})
	return a, err
}

func (e *Engine) postOne(ctx context.Context, r *request, k *Kind, id ID, name string) (a *answer, err error) {
	verb := slices.IndexFunc(keys(k.Actions), func(n string) bool { return strings.EqualFold(n, name) })
	if verb < 0 {
		return nil, NotFound("InvalidResourceType", "The action '%s' of '%s' is none of this simulation.", name, k.Type)
	}
	name = keys(k.Actions)[verb]
	act := k.Actions[name]
	err = e.store.write(ctx, func(t *tx) error {
		c := e.context(t, r.caller)
		if err := c.Authorize(action(k, name+"/action"), false, id.String()); err != nil {
			return err
		}
		if err := c.checkGroup(id); err != nil {
			return err
		}
		target := c.Get(id.Key())
		if target == nil && k.Find != nil {
			target = k.Find(c, id)
		}
		if target == nil {
			return c.missing(k, id)
		}
		if err := c.checkWritable(id); err != nil {
			return err
		}
		result, err := act.Run(c, target, r.body)
		if err != nil {
			return err
		}
		a = e.acted(c, r, act, result)
		return nil
	})
	return a, err
}

// acted is the answer to an action.
func (e *Engine) acted(c *Context, r *request, act Action, result any) *answer {
	if result != nil {
		result = Plain(result)
	}
	if act.Async != Now {
		op := e.operations.start(operation{left: r.slow, result: result, started: c.now})
		return e.pollable(empty(cmp.Or(act.Status, http.StatusAccepted)), op, act.Async, r)
	}
	if result == nil {
		return empty(cmp.Or(act.Status, http.StatusOK))
	}
	return &answer{status: cmp.Or(act.Status, http.StatusOK), body: result}
}

func keys(actions map[string]Action) []string {
	out := make([]string, 0, len(actions))
	for name := range actions {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
