# METADATA
# title: Agents of Defender are installed by themselves
# description: >-
#   A machine without its agent is not watched. Newer versions of the provider have extensions of the plan
#   instead.
# custom:
#   severity: low
#   fix: Set auto_provision to "On".
#   controls:
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-defender-auto-provisioning
#   level: advisory
#   resources: [azurerm_security_center_auto_provisioning]
#   subjects:
#     - azurerm_security_center_auto_provisioning.auto_provision
#     - security center auto provisioning
package terrace.azure.defender.auto_provisioning

import data.terrace.lib.plan

path := ["auto_provision"]

deny contains plan.finding(r, path, "is not on") if {
	some r in plan.planned("azurerm_security_center_auto_provisioning")
	plan.certain(r, path, "") != "On"
}
