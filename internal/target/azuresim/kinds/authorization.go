package kinds

import (
	"regexp"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// authorizationKinds say who may do what, and what nobody may: Microsoft.Authorization's roles and locks.
func authorizationKinds() []arm.Kind {
	return []arm.Kind{roleDefinitionKind(), roleAssignmentKind(), lockKind()}
}

const uuidPattern = `^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`

func roleDefinitionKind() arm.Kind {
	return arm.Kind{
		Type: arm.TypeRoleDefinition, Scopes: arm.Anywhere, NoProvisioningState: true, NoSystemData: true, Status: arm.Status{Create: 201},
		Name: arm.NameRule{Pattern: uuidPattern}, Required: []string{"properties.roleName", "properties.permissions"},
		Default: func(_ *arm.Context, r *arm.Resource) {
			r.Default("properties.type", "CustomRole")
			r.Default("properties.description", "")
			r.Default("properties.assignableScopes", []string{r.ID.Scope})
		},
		Check: checkRoleDefinition,
		Compute: func(c *arm.Context, r, old *arm.Resource) {
			stamp(c, r, old)
		},
		Deletable: func(c *arm.Context, r *arm.Resource) error {
			for _, a := range c.Under("", arm.TypeRoleAssignment) {
				if strings.HasSuffix(strings.ToLower(a.Str("properties.roleDefinitionId")), "/"+strings.ToLower(r.Name())) {
					return arm.BadRequest("RoleDefinitionHasAssignments", "There are existing role assignments referencing role (code: RoleDefinitionHasAssignments).")
				}
			}
			return nil
		},
		Find: findRole,
		Search: func(_ *arm.Context, scope arm.ID, q arm.Query, stored []*arm.Resource) []*arm.Resource {
			return searchRoles(scope, q, stored)
		},
	}
}

func checkRoleDefinition(c *arm.Context, r, _ *arm.Resource) error {
	name := r.Str("properties.roleName")
	for _, one := range builtInRoles() {
		if strings.EqualFold(one.name, name) || strings.EqualFold(one.id, r.Name()) {
			return arm.Conflict("RoleDefinitionWithSameNameExists", "A role definition cannot be updated with a name that already exists: '%s'.", name)
		}
	}
	for _, other := range c.Under("", arm.TypeRoleDefinition) {
		if other.ID.Key() != r.ID.Key() && strings.EqualFold(other.Str("properties.roleName"), name) {
			return arm.Conflict("RoleDefinitionWithSameNameExists", "A role definition cannot be updated with a name that already exists: '%s'.", name)
		}
	}
	return nil
}

// stamp writes who made and who changed a thing of Microsoft.Authorization.
func stamp(c *arm.Context, r, old *arm.Resource) {
	now := c.Now().Format("2006-01-02T15:04:05.0000000Z")
	r.Set("properties.createdOn", now)
	r.Set("properties.createdBy", c.Caller().ObjectID)
	if old != nil {
		r.Set("properties.createdOn", old.Get("properties.createdOn"))
		r.Set("properties.createdBy", old.Get("properties.createdBy"))
	}
	r.Set("properties.updatedOn", now)
	r.Set("properties.updatedBy", c.Caller().ObjectID)
}

// findRole returns a built-in role, or a custom one that is asked for at another scope than its own.
func findRole(c *arm.Context, id arm.ID) *arm.Resource {
	for _, one := range builtInRoles() {
		if strings.EqualFold(one.id, id.Name()) {
			return one.resource(id)
		}
	}
	for _, r := range c.Under("", arm.TypeRoleDefinition) {
		if strings.EqualFold(r.Name(), id.Name()) {
			return r
		}
	}
	return nil
}

// resource is a built-in role as it is shown at a scope.
func (one role) resource(at arm.ID) *arm.Resource {
	scope := ""
	if at.Subscription != "" {
		scope = "/subscriptions/" + at.Subscription
	}
	id, _ := arm.ParseID(scope + "/providers/" + arm.TypeRoleDefinition + "/" + one.id) // made of known parts
	r := &arm.Resource{ID: id}
	r.Set("properties", arm.Object{
		"roleName": one.name, "type": "BuiltInRole", "description": one.name, "assignableScopes": []string{"/"},
		"permissions": []any{arm.Object{"actions": texts(one.actions), "notActions": texts(one.not), "dataActions": texts(one.data), "notDataActions": []string{}}},
	})
	return r
}

func texts(list []string) []string { return append([]string{}, list...) }

// searchRoles lists built-in and custom roles, narrowed by "roleName eq '…'" or "type eq '…'".
func searchRoles(scope arm.ID, q arm.Query, stored []*arm.Resource) []*arm.Resource {
	var all []*arm.Resource
	for _, one := range builtInRoles() {
		all = append(all, one.resource(scope))
	}
	all = append(all, stored...)
	for path, value := range comparisons(q.Filter) {
		kept := all[:0]
		for _, r := range all {
			if strings.EqualFold(r.Str("properties."+path), value) {
				kept = append(kept, r)
			}
		}
		all = kept
	}
	return all
}

// comparisons reads the "x eq 'y'" of a filter.
func comparisons(filter string) map[string]string {
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`(?i)(\w+)\s+eq\s+'((?:[^']|'')*)'`).FindAllStringSubmatch(filter, -1) {
		out[m[1]] = strings.ReplaceAll(m[2], "''", "'")
	}
	return out
}

func roleAssignmentKind() arm.Kind {
	return arm.Kind{
		Type: arm.TypeRoleAssignment, Scopes: arm.Anywhere, NoProvisioningState: true, NoSystemData: true, Status: arm.Status{Create: 201},
		Name: arm.NameRule{Pattern: uuidPattern}, Required: []string{"properties.roleDefinitionId", "properties.principalId"},
		Check: checkRoleAssignment,
		Compute: func(c *arm.Context, r, old *arm.Resource) {
			r.Default("properties.principalType", "ServicePrincipal")
			r.Set("properties.scope", scopeOf(r.ID))
			stamp(c, r, old)
		},
		Search: func(c *arm.Context, scope arm.ID, q arm.Query, _ []*arm.Resource) []*arm.Resource {
			return searchByScope(c, arm.TypeRoleAssignment, scope, q)
		},
	}
}

func scopeOf(id arm.ID) string {
	if id.Scope == "" {
		return "/"
	}
	return id.Scope
}

func checkRoleAssignment(c *arm.Context, r, old *arm.Resource) error {
	role, principal := r.Str("properties.roleDefinitionId"), r.Str("properties.principalId")
	if c.RoleDefinition(role) == nil {
		return arm.NotFound("RoleDefinitionDoesNotExist", "The specified role definition with ID '%s' does not exist.", role)
	}
	if !regexp.MustCompile(uuidPattern).MatchString(principal) {
		return arm.BadRequest("InvalidPrincipalId", "A valid principal ID must be provided for role assignment: '%s'.", principal)
	}
	if old != nil {
		if !strings.EqualFold(old.Str("properties.principalId"), principal) || !strings.EqualFold(roleName(old), roleName(r)) {
			return arm.Conflict("RoleAssignmentUpdateNotPermitted", "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.")
		}
		return nil
	}
	for _, other := range c.Under(r.ID.Scope, arm.TypeRoleAssignment) {
		same := strings.EqualFold(other.ID.Scope, r.ID.Scope) && strings.EqualFold(other.Str("properties.principalId"), principal)
		if same && other.ID.Key() != r.ID.Key() && strings.EqualFold(roleName(other), roleName(r)) {
			return arm.Conflict("RoleAssignmentExists", "The role assignment already exists. The ID of the existing role assignment is %s.", strings.ReplaceAll(other.Name(), "-", ""))
		}
	}
	return nil
}

func roleName(r *arm.Resource) string {
	id := r.Str("properties.roleDefinitionId")
	return id[strings.LastIndex(id, "/")+1:]
}

// searchByScope lists what holds at a scope: at it, above it and, without atScope(), below it.
func searchByScope(c *arm.Context, typ string, scope arm.ID, q arm.Query) []*arm.Resource {
	only := comparisons(q.Filter)
	atScope := strings.Contains(strings.ToLower(q.Filter), "atscope()")
	var out []*arm.Resource
	for _, r := range c.Under("", typ) {
		at, err := arm.ParseID(r.ID.Scope)
		below := scope.Covers(r.ID.Scope) && (!atScope || strings.EqualFold(scope.String(), r.ID.Scope))
		if err != nil || !below && !at.Covers(scope.String()) {
			continue
		}
		if wanted, narrowed := only["principalId"]; narrowed && !strings.EqualFold(wanted, r.Str("properties.principalId")) {
			continue
		}
		out = append(out, r)
	}
	return out
}

func lockKind() arm.Kind {
	return arm.Kind{
		Type: arm.TypeLock, Scopes: arm.Anywhere, NoProvisioningState: true, Status: arm.Status{Create: 201},
		Name: arm.NameRule{Max: 260}, Required: []string{"properties.level"},
		Check: func(_ *arm.Context, r, _ *arm.Resource) error {
			switch level := r.Str("properties.level"); level {
			case "CanNotDelete", "ReadOnly":
				return nil
			default:
				return arm.BadRequest("InvalidLockLevel", "The lock level '%s' is not supported: CanNotDelete or ReadOnly.", level)
			}
		},
		Search: func(c *arm.Context, scope arm.ID, q arm.Query, _ []*arm.Resource) []*arm.Resource {
			return searchByScope(c, arm.TypeLock, scope, q)
		},
	}
}
