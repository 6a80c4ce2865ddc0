# METADATA
# title: Data Explorer is encrypted twice
# description: A second layer holds where the first is broken.
# custom:
#   severity: low
#   fix: Set double_encryption_enabled to true when the cluster is made.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-4"]
#   id: azure-kusto-double-encryption
#   level: advisory
#   resources: [azurerm_kusto_cluster]
#   subjects:
#     - azurerm_kusto_cluster.double_encryption_enabled
#     - Data Explorer double encryption
#     - kusto double encryption
package terrace.azure.kusto.double_encryption

import data.terrace.lib.plan

path := ["double_encryption_enabled"]

deny contains plan.finding(r, path, "is encrypted once") if {
	some r in plan.planned("azurerm_kusto_cluster")
	plan.certain(r, path, false) != true
}
