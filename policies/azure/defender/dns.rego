# METADATA
# title: Defender watches DNS
# description: On the tier Free, Defender for Cloud tells of no attacks on DNS.
# custom:
#   severity: medium
#   fix: Set tier to "Standard".
#   controls:
#     cis-azure-3.0.0: ["3.1.17"]
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-defender-dns
#   level: advisory
#   resources: [azurerm_security_center_subscription_pricing]
#   subjects:
#     - Defender DNS
package terrace.azure.defender.dns

import data.terrace.lib.plan

path := ["tier"]

deny contains plan.finding(r, path, "does not watch DNS") if {
	some r in plan.planned("azurerm_security_center_subscription_pricing")
	lower(plan.value(r, ["resource_type"], "VirtualMachines")) == "dns"
	lower(plan.certain(r, path, "Free")) != "standard"
}
