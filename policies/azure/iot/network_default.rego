# METADATA
# title: Firewalls of IoT hubs deny by default
# description: Rules that allow mean nothing where all else is allowed, too.
# custom:
#   severity: medium
#   fix: Set default_action in network_rule_set to "Deny".
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-iot-network-default
#   level: advisory
#   resources: [azurerm_iothub]
#   subjects:
#     - IoT hub network rule
#     - azurerm_iothub.network_rule_set
package terrace.azure.iot.network_default

import data.terrace.lib.plan

deny contains plan.finding(r, ["network_rule_set", i, "default_action"], "admits by default") if {
	some r in plan.planned("azurerm_iothub")
	some i, set in plan.blocks(r, ["network_rule_set"])
	object.get(set, "default_action", "Deny") == "Allow"
}
