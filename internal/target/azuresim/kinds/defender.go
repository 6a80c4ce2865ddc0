package kinds

import (
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const pricingType = "Microsoft.Security/pricings"

// defenderKinds are the plans and contacts of Defender for Cloud, in Microsoft.Security.
func defenderKinds() []arm.Kind {
	return []arm.Kind{
		{
			Type: pricingType, Scopes: arm.InSubscription, NoProvisioningState: true, NoSystemData: true,
			Required: []string{"properties.pricingTier"}, Check: pricingCheck, Compute: pricingCompute, Saved: pricingSaved, Find: pricingOf,
		},
		{
			Type: "Microsoft.Security/securityContacts", Scopes: arm.InSubscription, NoProvisioningState: true, NoSystemData: true,
			Status: arm.Status{Create: 201, Delete: 204}, Name: arm.NameRule{Max: 64},
		},
	}
}

func plans() []string {
	return []string{
		"AI", "Api", "AppServices", "ContainerRegistry", "KeyVaults", "KubernetesService", "SqlServers", "SqlServerVirtualMachines", "StorageAccounts",
		"VirtualMachines", "Arm", "Dns", "OpenSourceRelationalDatabases", "Containers", "CosmosDbs", "CloudPosture",
	}
}

func plan(name string) (string, bool) {
	i := slices.IndexFunc(plans(), func(p string) bool { return strings.EqualFold(p, name) })
	if i < 0 {
		return "", false
	}
	return plans()[i], true
}

// pricingOf is a plan that nobody has bought: each exists, and is free.
func pricingOf(_ *arm.Context, id arm.ID) *arm.Resource {
	name, ok := plan(id.Name())
	if !ok || id.Subscription == "" {
		return nil
	}
	id.Names = []string{name}
	return &arm.Resource{ID: id, Body: arm.Object{"properties": arm.Object{"pricingTier": "Free", "freeTrialRemainingTime": "PT0S"}}}
}

func pricingCheck(_ *arm.Context, r, _ *arm.Resource) error {
	if _, ok := plan(r.Name()); !ok {
		return arm.NotFound("ResourceNotFound", "There is no plan '%s'; the plans are %s.", r.Name(), strings.Join(plans(), ", "))
	}
	if tier := r.Str("properties.pricingTier"); tier != "Free" && tier != "Standard" {
		return arm.BadRequest("InvalidPricingTier", "A plan's tier is Free or Standard, not '%s'.", tier)
	}
	return nil
}

func pricingCompute(_ *arm.Context, r, _ *arm.Resource) {
	r.Set("properties.freeTrialRemainingTime", "PT0S")
	if r.Str("properties.pricingTier") == "Free" {
		r.Unset("properties.subPlan")
	}
}

// pricingSaved forgets a plan that is free again: that is what there is without it.
func pricingSaved(c *arm.Context, r, _ *arm.Resource) error {
	if r.Str("properties.pricingTier") == "Free" {
		c.Remove(r.ID.String())
	}
	return nil
}
