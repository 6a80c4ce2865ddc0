package kinds

import "github.com/terrace-idp/terrace/internal/target/azuresim/arm"

// resourceKinds are subscriptions and groups, in Microsoft.Resources.
func resourceKinds() []arm.Kind {
	return []arm.Kind{subscriptionKind(), groupKind()}
}

func subscriptionKind() arm.Kind {
	fixed := func() error {
		return arm.Errorf(405, "MethodNotAllowed", "The simulated subscription is the only one, and stays as it is.")
	}
	return arm.Kind{
		Type: arm.TypeSubscription, Scopes: arm.InSubscription, NoProvisioningState: true, NoSystemData: true,
		Check:     func(*arm.Context, *arm.Resource, *arm.Resource) error { return fixed() },
		Deletable: func(*arm.Context, *arm.Resource) error { return fixed() },
		Actions:   map[string]arm.Action{},
	}
}

func groupKind() arm.Kind {
	return arm.Kind{
		Type: arm.TypeGroup, Scopes: arm.InSubscription, Located: true, NoSystemData: true,
		Name: arm.NameRule{Pattern: `^[-\p{L}\p{N}._()]*[-\p{L}\p{N}_()]$`, Max: 90}, Async: arm.Async{Delete: arm.ByLocation},
		Status: arm.Status{Create: 201},
	}
}

// Seed puts into a new cloud what every one has: its subscription, and the
// default principal as its owner.
func Seed(c *arm.Context, owner string) {
	cloud := c.Cloud()
	id, err := arm.ParseID("/subscriptions/" + cloud.SubscriptionID)
	if err != nil || c.Get(id.String()) != nil {
		return
	}
	c.Put(&arm.Resource{ID: id, Body: arm.Object{
		"subscriptionId": cloud.SubscriptionID, "displayName": cloud.SubscriptionName, "state": "Enabled", "tenantId": cloud.TenantID,
		"subscriptionPolicies": arm.Object{"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"},
		"authorizationSource":  "RoleBased", "managedByTenants": []any{},
	}})
	assignment := id.Extension(arm.TypeRoleAssignment, c.NewUUID())
	r := &arm.Resource{ID: assignment}
	r.Set("properties", arm.Object{
		"roleDefinitionId": id.String() + "/providers/" + arm.TypeRoleDefinition + "/8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
		"principalId":      owner, "principalType": "ServicePrincipal", "scope": id.String(),
	})
	c.Put(r)
}
