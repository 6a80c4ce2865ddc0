package arm

import (
	"strings"
)

// TypeLock is the type of management locks.
const TypeLock = "Microsoft.Authorization/locks"

// checkWritable refuses a change under a lock of level ReadOnly. Locks themselves can be changed.
func (c *Context) checkWritable(id ID) error {
	if strings.EqualFold(id.Type(), TypeLock) {
		return nil
	}
	return locked("write", id, c.locksOver(id, "ReadOnly"))
}

// checkDeletable refuses a deletion of what is locked, above or below.
func (c *Context) checkDeletable(id ID) error {
	if strings.EqualFold(id.Type(), TypeLock) {
		return nil
	}
	held := c.locksOver(id, "ReadOnly", "CanNotDelete")
	below := c.tx.all(func(key string, r *Resource) bool {
		return strings.EqualFold(r.ID.Type(), TypeLock) && id.Covers(strings.ToLower(r.ID.Scope))
	})
	return locked("delete", id, append(held, below...))
}

// locksOver returns the locks of the levels at an id or above it.
func (c *Context) locksOver(id ID, levels ...string) []*Resource {
	target := id.Key()
	return c.tx.all(func(_ string, r *Resource) bool {
		if !strings.EqualFold(r.ID.Type(), TypeLock) {
			return false
		}
		at, err := ParseID(r.ID.Scope)
		if err != nil || !at.Covers(target) {
			return false
		}
		for _, level := range levels {
			if strings.EqualFold(level, r.Str("properties.level")) {
				return true
			}
		}
		return false
	})
}

func locked(verb string, id ID, held []*Resource) error {
	if len(held) == 0 {
		return nil
	}
	scopes := map[string]bool{}
	var names []string
	for _, lock := range held {
		if !scopes[lock.ID.Scope] {
			scopes[lock.ID.Scope] = true
			names = append(names, lock.ID.Scope)
		}
	}
	return Conflict("ScopeLocked", "The scope '%s' cannot perform %s operation because following scope(s) are locked: '%s'. Please remove the lock and try again.", id, verb, strings.Join(names, ","))
}
