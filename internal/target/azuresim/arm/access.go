package arm

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// The types that say who may do what.
const (
	TypeRoleAssignment = "Microsoft.Authorization/roleAssignments"
	TypeRoleDefinition = "Microsoft.Authorization/roleDefinitions"
)

// action names what a request does, as role definitions name it.
func action(k *Kind, verb string) string {
	if k.Type == TypeGroup {
		return "Microsoft.Resources/subscriptions/resourceGroups/" + verb
	}
	return k.Type + "/" + verb
}

// Authorize refuses what no role assignment of the caller at the scope or above it grants: 403
// AuthorizationFailed. Data says that the action is one of a data plane.
func (c *Context) Authorize(action string, data bool, scope string) error {
	if c.caller.Owner || forEverybody(action, data, scope) || c.Allowed(c.caller.ObjectID, action, data, scope) {
		return nil
	}
	return Errorf(http.StatusForbidden, "AuthorizationFailed",
		"The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' or the scope is invalid. If access was recently granted, please refresh your credentials.",
		c.caller.AppID, c.caller.ObjectID, action, scope)
}

// forEverybody tells whether an action is one that Azure grants to whoever is signed in:
// to read what belongs to the tenant, such as built-in definitions and names that are taken.
func forEverybody(action string, data bool, scope string) bool {
	scope = strings.ToLower(scope)
	tenants := scope == "" || scope == "/" || strings.HasPrefix(scope, "/providers/") && !strings.HasPrefix(scope, "/providers/microsoft.management/")
	return !data && tenants && strings.HasSuffix(action, "/read")
}

// Allowed tells whether a principal has a role that grants an action at a scope.
func (c *Context) Allowed(principal, action string, data bool, scope string) bool {
	assignments := c.tx.all(func(_ string, r *Resource) bool {
		if !strings.EqualFold(r.ID.Type(), TypeRoleAssignment) || !strings.EqualFold(r.Str("properties.principalId"), principal) {
			return false
		}
		at, err := ParseID(r.ID.Scope)
		return err == nil && at.Covers(scope)
	})
	return slices.ContainsFunc(assignments, func(r *Resource) bool {
		return c.grants(r.Str("properties.roleDefinitionId"), action, data)
	})
}

// grants evaluates the permissions of a role definition.
func (c *Context) grants(role, action string, data bool) bool {
	definition := c.RoleDefinition(role)
	if definition == nil {
		return false
	}
	with, without := "actions", "notActions"
	if data {
		with, without = "dataActions", "notDataActions"
	}
	return slices.ContainsFunc(definition.List("properties.permissions"), func(v any) bool {
		permission, _ := v.(Object)
		return matches(permission[with], action) && !matches(permission[without], action)
	})
}

// RoleDefinition returns a role definition by its id, built-in or custom; its scope does
// not matter. Nil when there is none.
func (c *Context) RoleDefinition(role string) *Resource {
	id, err := ParseID(role)
	if err != nil {
		return nil
	}
	found := c.tx.all(func(_ string, r *Resource) bool {
		return strings.EqualFold(r.ID.Type(), TypeRoleDefinition) && strings.EqualFold(r.Name(), id.Name())
	})
	if len(found) > 0 {
		return found[0].clone()
	}
	if kind := c.engine.kind(TypeRoleDefinition); kind != nil && kind.Find != nil {
		return kind.Find(c, id)
	}
	return nil
}

// matches tells whether one of the patterns, in which * stands for anything, is the action.
func matches(patterns any, action string) bool {
	list, _ := patterns.([]any)
	return slices.ContainsFunc(list, func(v any) bool {
		pattern, _ := v.(string)
		if !strings.Contains(pattern, "*") {
			return strings.EqualFold(pattern, action)
		}
		rule := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*")
		is, err := regexp.MatchString("(?i)^"+rule+"$", action)
		return err == nil && is
	})
}
