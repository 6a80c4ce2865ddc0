# METADATA
# title: Purview is closed to public networks
# description: A catalogue shows where everything is.
# custom:
#   severity: medium
#   fix: Set public_network_enabled to false.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-data-purview-public-network
#   level: advisory
#   resources: [azurerm_purview_account]
#   subjects:
#     - azurerm_purview_account.public_network_enabled
#     - purview public
package terrace.azure.data.purview_public_network

import data.terrace.lib.plan

path := ["public_network_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_purview_account")
	plan.certain(r, path, true) != false
}
