# METADATA
# title: Service Bus has a pair in another region
# description: Without, the namespace is gone while its region is.
# custom:
#   severity: low
#   fix: Add azurerm_servicebus_namespace_disaster_recovery_config with primary_namespace_id.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-servicebus-disaster-recovery
#   level: advisory
#   resources: [azurerm_servicebus_namespace]
#   subjects:
#     - Servicebus disaster recovery
#     - Servicebus geo
package terrace.azure.servicebus.disaster_recovery

import data.terrace.lib.plan

deny contains plan.finding(r, [], "has no pair in another region") if {
	some r in plan.planned("azurerm_servicebus_namespace")
	count(plan.associated(r, "azurerm_servicebus_namespace_disaster_recovery_config", "primary_namespace_id")) == 0
}
