# METADATA
# title: Logic apps are closed to public networks
# description: What answers the Internet is tried by everyone.
# custom:
#   severity: medium
#   fix: Set public_network_access to "Disabled", and add a private endpoint.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-logic-public-network
#   level: advisory
#   resources: [azurerm_logic_app_standard]
#   subjects:
#     - Logic app public
#     - azurerm_logic_app_standard.public_network_access
package terrace.azure.logic.public_network

import data.terrace.lib.plan

# The name of now, and that of older versions of the provider.
paths := [["public_network_access"], ["site_config", 0, "public_network_access_enabled"]]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_logic_app_standard")
	path := plan.named(r, paths)
	not plan.certain(r, path, "Enabled") in {"Disabled", false}
}
