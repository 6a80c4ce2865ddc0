package arm

import (
	"strings"
)

// TypeIdentity is the type of user-assigned identities.
const TypeIdentity = "Microsoft.ManagedIdentity/userAssignedIdentities"

// identity fills in the principals of a resource's managed identities.
func (c *Context) identity(r, old *Resource) error {
	wanted := r.Obj("identity")
	if wanted == nil {
		return nil
	}
	kinds := strings.ToLower(r.Str("identity.type"))
	r.Unset("identity.principalId")
	r.Unset("identity.tenantId")
	if strings.Contains(kinds, "systemassigned") {
		principal := ""
		if old != nil {
			principal = old.Str("identity.principalId")
		}
		if principal == "" {
			principal = c.NewUUID()
		}
		r.Set("identity.principalId", principal)
		r.Set("identity.tenantId", c.Cloud().TenantID)
	}
	users := r.Obj("identity.userAssignedIdentities")
	if !strings.Contains(kinds, "userassigned") {
		r.Unset("identity.userAssignedIdentities")
		return nil
	}
	for id := range users {
		known := c.Get(id)
		if known == nil || !strings.EqualFold(known.ID.Type(), TypeIdentity) {
			return BadRequest("FailedIdentityOperation", "Identity operation for resource '%s' failed with error 'Failed to perform resource identity operation. Status: 'BadRequest'. Response: the identity '%s' was not found'.", r.ID, id)
		}
		users[id] = Object{"principalId": known.Str("properties.principalId"), "clientId": known.Str("properties.clientId")}
	}
	return nil
}
