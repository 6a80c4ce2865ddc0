# METADATA
# title: Defender watches key vaults
# description: On the tier Free, Defender for Cloud tells of no attacks on key vaults.
# custom:
#   severity: medium
#   fix: Set tier to "Standard".
#   controls:
#     cis-azure-3.0.0: ["3.1.8.1"]
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-defender-key-vaults
#   level: advisory
#   resources: [azurerm_security_center_subscription_pricing]
#   subjects:
#     - Defender key vault
package terrace.azure.defender.key_vaults

import data.terrace.lib.plan

path := ["tier"]

deny contains plan.finding(r, path, "does not watch key vaults") if {
	some r in plan.planned("azurerm_security_center_subscription_pricing")
	lower(plan.value(r, ["resource_type"], "VirtualMachines")) == "keyvaults"
	lower(plan.certain(r, path, "Free")) != "standard"
}
