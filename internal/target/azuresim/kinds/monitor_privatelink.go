package kinds

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const linkScopeType = "Microsoft.Insights/privateLinkScopes"

// linkScopeKinds are Azure Monitor private link scopes and what is in them.
func linkScopeKinds() []arm.Kind {
	return []arm.Kind{
		{
			Type: linkScopeType, Located: true, Status: arm.Status{Create: 201}, Async: arm.Async{Delete: arm.ByOperation},
			ReadOnly: []string{"properties.privateEndpointConnections"},
			Default: func(_ *arm.Context, r *arm.Resource) {
				r.Default("properties.accessModeSettings.ingestionAccessMode", "Open")
				r.Default("properties.accessModeSettings.queryAccessMode", "Open")
				r.Default("properties.accessModeSettings.exclusions", []any{})
			},
			Deletable: func(c *arm.Context, r *arm.Resource) error {
				if users := c.Users(r.ID.String(), endpointType); len(users) > 0 {
					return arm.Conflict("Conflict", "The private link scope %s has private endpoints: %s.", r.Name(), users[0].ID)
				}
				return nil
			},
		},
		{
			Type: linkScopeType + "/scopedResources", Async: arm.Async{Put: arm.ByOperation, Delete: arm.ByOperation}, Status: arm.Status{Create: 201},
			Required: []string{"properties.linkedResourceId"}, Immutable: []string{"properties.linkedResourceId"}, Check: scopedCheck,
		},
	}
}

func scopedCheck(c *arm.Context, r, _ *arm.Resource) error {
	id := r.Str("properties.linkedResourceId")
	linked := c.Get(id)
	if linked == nil {
		return arm.BadRequest("LinkedResourceNotFound", "The linked resource '%s' was not found.", id)
	}
	switch strings.ToLower(linked.ID.Type()) {
	case strings.ToLower(workspaceType), strings.ToLower(componentType), strings.ToLower(collectionEndpointType):
	default:
		return arm.BadRequest("InvalidLinkedResource", "A resource of type %s cannot be in a private link scope.", linked.ID.Type())
	}
	for _, other := range c.Under(r.ID.Parent().String(), r.ID.Type()) {
		if other.ID.Key() != r.ID.Key() && strings.EqualFold(other.Str("properties.linkedResourceId"), id) {
			return arm.Conflict("Conflict", "The resource '%s' is in the scope already, as %s.", id, other.Name())
		}
	}
	return nil
}
