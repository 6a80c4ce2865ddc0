# METADATA
# title: Defender watches storage accounts
# description: On the tier Free, Defender for Cloud tells of no attacks on storage accounts.
# custom:
#   severity: medium
#   fix: Set tier to "Standard".
#   controls:
#     cis-azure-3.0.0: ["3.1.5.1"]
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-defender-storage
#   level: advisory
#   resources: [azurerm_security_center_subscription_pricing]
#   subjects:
#     - Defender storage
package terrace.azure.defender.storage

import data.terrace.lib.plan

path := ["tier"]

deny contains plan.finding(r, path, "does not watch storage accounts") if {
	some r in plan.planned("azurerm_security_center_subscription_pricing")
	lower(plan.value(r, ["resource_type"], "VirtualMachines")) == "storageaccounts"
	lower(plan.certain(r, path, "Free")) != "standard"
}
