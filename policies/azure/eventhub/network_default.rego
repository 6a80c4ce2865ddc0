# METADATA
# title: Firewalls of Event Hubs deny by default
# description: Rules that allow mean nothing where all else is allowed, too.
# custom:
#   severity: medium
#   fix: Set default_action in network_rulesets to "Deny".
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-eventhub-network-default
#   level: advisory
#   resources: [azurerm_eventhub_namespace]
#   subjects:
#     - Event hub network default
#     - azurerm_eventhub_namespace.network_rulesets
package terrace.azure.eventhub.network_default

import data.terrace.lib.plan

deny contains plan.finding(r, ["network_rulesets", i, "default_action"], "admits by default") if {
	some r in plan.planned("azurerm_eventhub_namespace")
	some i, set in plan.blocks(r, ["network_rulesets"])
	object.get(set, "default_action", "Allow") == "Allow"
	plan.value(r, ["public_network_access_enabled"], true) == true
}
