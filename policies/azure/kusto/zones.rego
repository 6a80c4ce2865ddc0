# METADATA
# title: Data Explorer is in several zones
# description: A cluster in one zone is gone while the zone is.
# custom:
#   severity: low
#   fix: Set zones to at least two.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-kusto-zones
#   level: advisory
#   resources: [azurerm_kusto_cluster]
#   subjects:
#     - Data Explorer zone
#     - kusto zone
#     - azurerm_kusto_cluster.zones
package terrace.azure.kusto.zones

import data.terrace.lib.plan

path := ["zones"]

deny contains plan.finding(r, path, "is in one zone") if {
	some r in plan.planned("azurerm_kusto_cluster")
	not plan.spread(r, path)
}
