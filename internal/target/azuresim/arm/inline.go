package arm

import (
	"slices"
	"strings"
)

// children is what a PUT of a parent says of one inline list; given is false when it left it out.
type children struct {
	Inline
	items []any
	given bool
}

// takeInline moves inline lists out of the parent's body.
func takeInline(k *Kind, r *Resource) []children {
	out := make([]children, 0, len(k.Inline))
	for _, in := range k.Inline {
		items, given := r.Get(in.Path).([]any)
		out = append(out, children{in, items, given})
		r.Unset(in.Path)
	}
	return out
}

// saveInline makes the children match what the parent's PUT said.
func (c *Context) saveInline(k *Kind, parent *Resource, lists []children) error {
	for _, list := range lists {
		if !list.given {
			continue
		}
		kind := c.engine.kind(list.Type)
		if kind == nil {
			return BadRequest("InvalidResourceType", "%s holds resources of type %s, which is none of this simulation.", k.Type, list.Type)
		}
		names, err := c.saveItems(kind, parent, list.items)
		if err != nil {
			return err
		}
		if err := c.dropOthers(kind, parent, names); err != nil {
			return err
		}
		parent = c.Get(parent.ID.Key())
		parent.Hide("order:"+list.Path, names)
		c.Put(parent)
	}
	return nil
}

func (c *Context) saveItems(k *Kind, parent *Resource, items []any) ([]string, error) {
	names := make([]string, 0, len(items))
	for _, item := range items {
		body, _ := item.(Object)
		name, _ := body["name"].(string)
		if name == "" {
			return nil, BadRequest("InvalidRequestFormat", "A resource of type %s in '%s' has no name.", k.Type, parent.ID)
		}
		id := parent.ID.Child(lastType(k), name)
		if _, _, err := c.save(change{kind: k, id: id, body: body}); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}

func (c *Context) dropOthers(k *Kind, parent *Resource, names []string) error {
	for _, child := range c.directChildren(parent.ID, k.Type) {
		if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, child.Name()) }) {
			continue
		}
		if err := c.drop(k, child); err != nil {
			return err
		}
	}
	return nil
}

// directChildren returns the resources of a type whose parent is id.
func (c *Context) directChildren(id ID, typ string) []*Resource {
	depth := strings.Count(typ, "/") - 1
	prefix := id.Key() + "/"
	return c.find(func(key string, r *Resource) bool {
		return strings.HasPrefix(key, prefix) && len(r.ID.Types) == depth+1 && strings.EqualFold(r.ID.Type(), typ) && r.ID.Parent().Key() == id.Key()
	})
}

// showInline puts the children into the parent's lists, in the order that the parent was given.
func (c *Context) showInline(k *Kind, r *Resource) {
	for _, in := range k.Inline {
		found := c.directChildren(r.ID, in.Type)
		order, _ := r.Hidden["order:"+in.Path].([]any)
		slices.SortStableFunc(found, func(a, b *Resource) int { return position(order, a) - position(order, b) })
		kind, shown := c.engine.kind(in.Type), make([]any, 0, len(found))
		for _, child := range found {
			shown = append(shown, c.render(kind, child))
		}
		Assign(r.Body, in.Path, shown)
	}
}

func position(order []any, r *Resource) int {
	at := slices.IndexFunc(order, func(v any) bool {
		name, _ := v.(string)
		return strings.EqualFold(name, r.Name())
	})
	if at < 0 {
		return len(order)
	}
	return at
}

func lastType(k *Kind) string { return k.Type[strings.LastIndex(k.Type, "/")+1:] }
