# METADATA
# title: Event Hubs have a pair in another region
# description: Without, the namespace is gone while its region is.
# custom:
#   severity: low
#   fix: Add azurerm_eventhub_namespace_disaster_recovery_config with namespace_name.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-eventhub-disaster-recovery
#   level: advisory
#   resources: [azurerm_eventhub_namespace]
#   subjects:
#     - Event hub disaster recovery
#     - Event hub geo
package terrace.azure.eventhub.disaster_recovery

import data.terrace.lib.plan

deny contains plan.finding(r, [], "has no pair in another region") if {
	some r in plan.planned("azurerm_eventhub_namespace")
	count(plan.associated(r, "azurerm_eventhub_namespace_disaster_recovery_config", "namespace_name")) == 0
}
