# METADATA
# title: Data Explorer has a managed identity
# description: With one, it reaches data without a secret.
# custom:
#   severity: low
#   fix: Add identity.
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-kusto-identity
#   level: advisory
#   resources: [azurerm_kusto_cluster]
#   subjects:
#     - azurerm_kusto_cluster.identity_type
#     - Data Explorer identity
#     - kusto identity
package terrace.azure.kusto.identity

import data.terrace.lib.plan

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no managed identity") if {
	some r in plan.planned("azurerm_kusto_cluster")
	not plan.present(r, path)
}
