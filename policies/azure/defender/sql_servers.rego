# METADATA
# title: Defender watches SQL servers
# description: On the tier Free, Defender for Cloud tells of no attacks on SQL servers.
# custom:
#   severity: medium
#   fix: Set tier to "Standard".
#   controls:
#     cis-azure-3.0.0: ["3.1.7.3"]
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-defender-sql-servers
#   level: advisory
#   resources: [azurerm_security_center_subscription_pricing]
#   subjects:
#     - Defender SQL servers
package terrace.azure.defender.sql_servers

import data.terrace.lib.plan

path := ["tier"]

deny contains plan.finding(r, path, "does not watch SQL servers") if {
	some r in plan.planned("azurerm_security_center_subscription_pricing")
	lower(plan.value(r, ["resource_type"], "VirtualMachines")) == "sqlservers"
	lower(plan.certain(r, path, "Free")) != "standard"
}
