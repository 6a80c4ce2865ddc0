# METADATA
# title: Defender for Cloud is of the tier Standard
# description: On the tier Free, Defender for Cloud tells of no attacks.
# custom:
#   severity: medium
#   fix: Set tier to "Standard".
#   controls:
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-defender-standard-tier
#   level: advisory
#   resources: [azurerm_security_center_subscription_pricing]
#   subjects:
#     - azurerm_security_center_subscription_pricing.tier
#     - security center standard pricing
#     - standard pricing tier
package terrace.azure.defender.standard_tier

import data.terrace.lib.plan

path := ["tier"]

deny contains plan.finding(r, path, "is of the tier Free") if {
	some r in plan.planned("azurerm_security_center_subscription_pricing")
	plan.certain(r, path, "Free") != "Standard"
}
