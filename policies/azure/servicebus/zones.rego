# METADATA
# title: Service Bus is in several zones
# description: A namespace in one zone is gone while the zone is. Older versions of the provider ask for it.
# custom:
#   severity: medium
#   fix: Use the sku "Premium" in a region with zones.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-servicebus-zones
#   level: advisory
#   resources: [azurerm_servicebus_namespace]
#   subjects:
#     - Servicebus zone redundan
#     - Servicebus availability zone
#     - azurerm_servicebus_namespace.zone_redundant
#     - azurerm_servicebus_namespace.sku
package terrace.azure.servicebus.zones

import data.terrace.lib.plan

path := ["sku"]

deny contains plan.finding(r, path, "may be in one zone") if {
	some r in plan.planned("azurerm_servicebus_namespace")
	not zonal(r)
}

zonal(r) if plan.value(r, ["zone_redundant"], false) == true

# Since azurerm 4, zones come with the sku.
zonal(r) if {
	lower(plan.value(r, path, "")) == "premium"
	plan.value(r, ["zone_redundant"], true) == true
}
