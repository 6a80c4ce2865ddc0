# METADATA
# title: Defender watches SQL servers on machines
# description: On the tier Free, Defender for Cloud tells of no attacks on SQL servers on machines.
# custom:
#   severity: medium
#   fix: Set tier to "Standard".
#   controls:
#     cis-azure-3.0.0: ["3.1.7.4"]
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-defender-sql-machines
#   level: advisory
#   resources: [azurerm_security_center_subscription_pricing]
#   subjects:
#     - Defender SQL server VMS
#     - Defender SQL server virtual machines
package terrace.azure.defender.sql_machines

import data.terrace.lib.plan

path := ["tier"]

deny contains plan.finding(r, path, "does not watch SQL servers on machines") if {
	some r in plan.planned("azurerm_security_center_subscription_pricing")
	lower(plan.value(r, ["resource_type"], "VirtualMachines")) == "sqlservervirtualmachines"
	lower(plan.certain(r, path, "Free")) != "standard"
}
