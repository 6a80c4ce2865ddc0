# METADATA
# title: Defender watches open-source databases
# description: On the tier Free, Defender for Cloud tells of no attacks on open-source databases.
# custom:
#   severity: medium
#   fix: Set tier to "Standard".
#   controls:
#     cis-azure-3.0.0: ["3.1.7.2"]
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-defender-open-source-databases
#   level: advisory
#   resources: [azurerm_security_center_subscription_pricing]
#   subjects:
#     - Defender open source databases
#     - Defender open source relational
package terrace.azure.defender.open_source_databases

import data.terrace.lib.plan

path := ["tier"]

deny contains plan.finding(r, path, "does not watch open-source databases") if {
	some r in plan.planned("azurerm_security_center_subscription_pricing")
	lower(plan.value(r, ["resource_type"], "VirtualMachines")) == "opensourcerelationaldatabases"
	lower(plan.certain(r, path, "Free")) != "standard"
}
