# METADATA
# title: Clusters of Databricks have no public addresses
# description: What answers the Internet is tried by everyone.
# custom:
#   severity: medium
#   fix: Leave no_public_ip in custom_parameters at true.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-databricks-no-public-ip
#   level: advisory
#   resources: [azurerm_databricks_workspace]
#   subjects:
#     - azurerm_databricks_workspace.custom_parameters_no_public_ip
#     - Databricks no public IP
#     - Databricks secure cluster
package terrace.azure.databricks.no_public_ip

import data.terrace.lib.plan

path := ["custom_parameters", 0, "no_public_ip"]

deny contains plan.finding(r, path, "has clusters with public addresses") if {
	some r in plan.planned("azurerm_databricks_workspace")
	plan.certain(r, path, true) != true
}
