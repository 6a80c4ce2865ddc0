package kinds

import (
	"encoding/json"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

func encode(o arm.Object) []byte {
	raw, err := json.Marshal(o)
	if err != nil {
		return nil
	}
	return raw
}

func decode(raw []byte) arm.Object {
	var o arm.Object
	if json.Unmarshal(raw, &o) != nil {
		return nil
	}
	return o
}

// apimChild completes a kind that lives in a service: no provisioning state, creation with If-Match, kept with a deleted service.
func apimChild(k arm.Kind) arm.Kind {
	k.NoProvisioningState, k.NoSystemData, k.MatchesNew = true, true, true
	if k.Status.Create == 0 {
		k.Status.Create = 201
	}
	own := k.Deleted
	k.Deleted = func(c *arm.Context, r *arm.Resource) {
		if own != nil {
			own(c, r)
		}
		apimChildDeleted(c, r)
	}
	return k
}

// apimSettingKinds are what a service has by itself: portal settings, tenant access, groups and users.
func apimSettingKinds() []arm.Kind {
	return []arm.Kind{
		apimChild(arm.Kind{
			Type: apimType + "/portalsettings", Status: arm.Status{Create: 200}, WriteOnly: []string{"properties.validationKey"},
			Name: arm.NameRule{Pattern: `^(signin|signup|delegation)$`},
			Actions: map[string]arm.Action{"listSecrets": {Run: func(_ *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
				return arm.Object{"validationKey": r.Secret("properties.validationKey")}, nil
			}}},
		}),
		apimChild(arm.Kind{
			Type: apimType + "/tenant", Status: arm.Status{Create: 200}, WriteOnly: []string{"properties.primaryKey", "properties.secondaryKey"},
			Actions: map[string]arm.Action{"listSecrets": {Run: func(_ *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
				return arm.Object{"enabled": r.Bool("properties.enabled"), "id": r.Str("properties.id"), "primaryKey": r.Secret("primaryKey"), "secondaryKey": r.Secret("secondaryKey")}, nil
			}}},
		}),
		apimChild(arm.Kind{
			Type: apimType + "/groups", Required: []string{"properties.displayName"}, ReadOnly: []string{"properties.builtIn"},
			Default: func(_ *arm.Context, r *arm.Resource) {
				r.Default("properties.type", "custom")
				r.Default("properties.builtIn", false)
			},
			Deletable: func(_ *arm.Context, r *arm.Resource) error {
				if r.Bool("properties.builtIn") {
					return arm.BadRequest("ValidationError", "The group %s is built in and cannot be deleted.", r.Name())
				}
				return nil
			},
			Deleted: func(c *arm.Context, r *arm.Resource) { apimUnlink(c, r, "groups") },
		}),
		apimChild(arm.Kind{
			Type: apimType + "/users", Required: []string{"properties.email", "properties.firstName", "properties.lastName"}, WriteOnly: []string{"properties.password"},
			Default: func(_ *arm.Context, r *arm.Resource) {
				r.Default("properties.state", "active")
				r.Default("properties.identities", []any{})
			},
		}),
	}
}

// apimUnlink takes r out of the products that list it under a type.
func apimUnlink(c *arm.Context, r *arm.Resource, typ string) {
	service := r.ID.Parent()
	for _, product := range c.Under(service.String(), apimType+"/products") {
		c.Remove(product.ID.Child(typ, apimBare(r.Name())).String())
	}
}
