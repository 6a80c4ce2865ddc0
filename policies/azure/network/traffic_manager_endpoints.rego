# METADATA
# title: Traffic Manager has more than one endpoint
# description: With one endpoint there is nowhere to send traffic to when that is away.
# custom:
#   severity: low
#   fix: Add a second azurerm_traffic_manager_azure_endpoint, in another region.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-network-traffic-manager-endpoints
#   level: advisory
#   resources: [azurerm_traffic_manager_profile]
#   subjects: [traffic manager endpoint, azurerm_traffic_manager_azure_endpoint]
package terrace.azure.network.traffic_manager_endpoints

import data.terrace.lib.plan

kinds := ["azurerm_traffic_manager_azure_endpoint", "azurerm_traffic_manager_external_endpoint", "azurerm_traffic_manager_nested_endpoint"]

deny contains plan.finding(r, [], "has fewer than two endpoints") if {
	some r in plan.planned("azurerm_traffic_manager_profile")
	count([e | some kind in kinds; some e in plan.associated(r, kind, "profile_id")]) < 2
}
