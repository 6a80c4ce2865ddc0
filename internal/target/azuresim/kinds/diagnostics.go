package kinds

import "github.com/terrace-idp/terrace/internal/target/azuresim/arm"

// diagnosticKinds are diagnostic settings, which extend any resource, a subscription or the tenant.
func diagnosticKinds() []arm.Kind {
	destinations := []string{"workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId"}
	return []arm.Kind{{
		Type: "Microsoft.Insights/diagnosticSettings", Scopes: arm.InResource | arm.InSubscription | arm.InManagementGroup | arm.InTenant,
		Name: arm.NameRule{Pattern: `^[^*<>%:&?/\\]+$`, Max: 260}, NoProvisioningState: true, NoPatch: true,
		Default: func(_ *arm.Context, r *arm.Resource) {
			for _, list := range []string{"properties.logs", "properties.metrics"} {
				r.Default(list, []any{})
				for _, v := range r.List(list) {
					if one, is := v.(arm.Object); is && one["retentionPolicy"] == nil {
						one["retentionPolicy"] = arm.Object{"enabled": false, "days": float64(0)}
					}
				}
			}
		},
		Check: func(c *arm.Context, r, _ *arm.Resource) error {
			given := 0
			for _, name := range destinations {
				id := r.Str("properties." + name)
				if id == "" {
					continue
				}
				given++
				if (name == "workspaceId" || name == "storageAccountId") && c.Get(id) == nil {
					return arm.BadRequest("BadRequest", "Resource '%s' was not found.", id)
				}
			}
			if given == 0 {
				return arm.BadRequest("BadRequest", "At least one data sink needs to be specified.")
			}
			return checkSameSink(c, r)
		},
	}}
}

// checkSameSink refuses two settings of one resource that send the same to one workspace.
func checkSameSink(c *arm.Context, r *arm.Resource) error {
	workspace := r.Str("properties.workspaceId")
	for _, other := range c.Under(r.ID.Scope, r.ID.Type()) {
		if workspace == "" || other.ID.Key() == r.ID.Key() || other.ID.Parent().Key() != r.ID.Parent().Key() || other.Str("properties.workspaceId") != workspace {
			continue
		}
		for _, mine := range r.List("properties.logs") {
			for _, theirs := range other.List("properties.logs") {
				if sameLog(mine, theirs) {
					return arm.Conflict("Conflict", "Data sink '%s' is already used in diagnostic setting '%s' for the same category. Data sinks can't be reused in different settings on the same category for the same resource.", workspace, other.Name())
				}
			}
		}
	}
	return nil
}

func sameLog(a, b any) bool {
	one, _ := a.(arm.Object)
	two, _ := b.(arm.Object)
	for _, by := range []string{"category", "categoryGroup"} {
		if name, _ := one[by].(string); name != "" && name == two[by] && one["enabled"] == true && two["enabled"] == true {
			return true
		}
	}
	return false
}
