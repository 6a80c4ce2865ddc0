# METADATA
# title: Defender for Cloud shares its findings with Defender XDR
# description: An attack is understood where all signals are together.
# custom:
#   severity: low
#   fix: Set enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-defender-settings
#   level: advisory
#   resources: [azurerm_security_center_setting]
#   subjects:
#     - azurerm_security_center_setting.enabled
#     - security center setting
package terrace.azure.defender.settings

import data.terrace.lib.plan

path := ["enabled"]

deny contains plan.finding(r, path, "is off") if {
	some r in plan.planned("azurerm_security_center_setting")
	plan.certain(r, path, false) != true
}
