# METADATA
# title: Data Explorer is of a kind with a promise
# description: Dev skus have one node, and no promise.
# custom:
#   severity: low
#   fix: Set name in sku to one that is not "Dev(No SLA)_…".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-kusto-sku
#   level: advisory
#   resources: [azurerm_kusto_cluster]
#   subjects:
#     - Data Explorer SKU SLA
#     - Data Explorer SKU
#     - kusto sku
#     - azurerm_kusto_cluster.sku
package terrace.azure.kusto.sku

import data.terrace.lib.plan

path := ["sku", 0, "name"]

deny contains plan.finding(r, path, "has one node, and no promise") if {
	some r in plan.planned("azurerm_kusto_cluster")
	startswith(plan.value(r, path, ""), "Dev(No SLA)")
}
