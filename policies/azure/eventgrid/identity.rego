# METADATA
# title: Event Grid has a managed identity
# description: With one, events are delivered without a secret.
# custom:
#   severity: low
#   fix: Add identity.
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-eventgrid-identity
#   level: advisory
#   resources: [azurerm_eventgrid_topic, azurerm_eventgrid_domain, azurerm_eventgrid_system_topic, azurerm_eventgrid_namespace]
#   subjects:
#     - azurerm_eventgrid_topic.identity_type
#     - azurerm_eventgrid_domain.identity_type
#     - azurerm_eventgrid_system_topic.identity_type
#     - azurerm_eventgrid_namespace.identity_type
#     - Eventgrid identity
package terrace.azure.eventgrid.identity

import data.terrace.lib.plan

types := [
	"azurerm_eventgrid_topic",
	"azurerm_eventgrid_domain",
	"azurerm_eventgrid_system_topic",
	"azurerm_eventgrid_namespace",
]

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no managed identity") if {
	some r in plan.planned_any(types)
	not plan.present(r, path)
}
