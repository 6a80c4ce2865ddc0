# METADATA
# title: Sensitive data in storage accounts is found
# description: Where sensitive data is, alerts weigh more.
# custom:
#   severity: low
#   fix: Set sensitive_data_discovery_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.12"]
#     mcsb: ["DP-1"]
#   id: azure-defender-sensitive-data
#   level: advisory
#   resources: [azurerm_security_center_storage_defender]
#   subjects:
#     - azurerm_security_center_storage_defender.sensitive_data_discovery_enabled
#     - storage defender sensitive data
package terrace.azure.defender.sensitive_data

import data.terrace.lib.plan

path := ["sensitive_data_discovery_enabled"]

deny contains plan.finding(r, path, "does not look for sensitive data") if {
	some r in plan.planned("azurerm_security_center_storage_defender")
	plan.certain(r, path, false) != true
}
