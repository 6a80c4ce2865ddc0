# METADATA
# title: Firewalls of Service Bus deny by default
# description: Rules that allow mean nothing where all else is allowed, too.
# custom:
#   severity: medium
#   fix: Set default_action in network_rule_set to "Deny".
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-servicebus-network-default
#   level: advisory
#   resources: [azurerm_servicebus_namespace, azurerm_servicebus_namespace_network_rule_set]
#   subjects:
#     - Servicebus network default
#     - azurerm_servicebus_namespace.network_rule_set
package terrace.azure.servicebus.network_default

import data.terrace.lib.plan

deny contains plan.finding(r, ["network_rule_set", i, "default_action"], message) if {
	some r in plan.planned("azurerm_servicebus_namespace")
	some i, set in plan.blocks(r, ["network_rule_set"])
	object.get(set, "default_action", "Allow") == "Allow"
	plan.value(r, ["public_network_access_enabled"], true) == true
}

deny contains plan.finding(r, path, message) if {
	path := ["default_action"]
	some r in plan.planned("azurerm_servicebus_namespace_network_rule_set")
	plan.certain(r, path, "Allow") != "Deny"
}

message := "admits by default"
