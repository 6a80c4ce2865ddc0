# METADATA
# title: Event Hubs grow by themselves
# description: What does not fit into the throughput is refused.
# custom:
#   severity: low
#   fix: Set auto_inflate_enabled to true, with maximum_throughput_units.
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-eventhub-auto-inflate
#   level: advisory
#   resources: [azurerm_eventhub_namespace]
#   subjects:
#     - Event hub auto inflate
#     - azurerm_eventhub_namespace.auto_inflate_enabled
package terrace.azure.eventhub.auto_inflate

import data.terrace.lib.plan

path := ["auto_inflate_enabled"]

deny contains plan.finding(r, path, "does not grow by itself") if {
	some r in plan.planned("azurerm_eventhub_namespace")
	lower(plan.value(r, ["sku"], "Standard")) == "standard"
	plan.certain(r, path, false) != true
}
