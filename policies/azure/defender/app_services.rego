# METADATA
# title: Defender watches App Service
# description: On the tier Free, Defender for Cloud tells of no attacks on App Service.
# custom:
#   severity: medium
#   fix: Set tier to "Standard".
#   controls:
#     cis-azure-3.0.0: ["3.1.6.1"]
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-defender-app-services
#   level: advisory
#   resources: [azurerm_security_center_subscription_pricing]
#   subjects:
#     - Defender app service
package terrace.azure.defender.app_services

import data.terrace.lib.plan

path := ["tier"]

deny contains plan.finding(r, path, "does not watch App Service") if {
	some r in plan.planned("azurerm_security_center_subscription_pricing")
	lower(plan.value(r, ["resource_type"], "VirtualMachines")) == "appservices"
	lower(plan.certain(r, path, "Free")) != "standard"
}
