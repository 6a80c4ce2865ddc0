# METADATA
# title: Notification hubs are in several zones
# description: A namespace in one zone is gone while the zone is.
# custom:
#   severity: low
#   fix: Set zone_redundancy_enabled to true when the namespace is made.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-signalr-notification-zones
#   level: advisory
#   resources: [azurerm_notification_hub_namespace]
#   subjects:
#     - azurerm_notification_hub_namespace.zone_redundancy_enabled
#     - notification hub zone
package terrace.azure.signalr.notification_zones

import data.terrace.lib.plan

path := ["zone_redundancy_enabled"]

deny contains plan.finding(r, path, "is in one zone") if {
	some r in plan.planned("azurerm_notification_hub_namespace")
	plan.certain(r, path, false) != true
}
