# METADATA
# title: Keys of messaging do not manage it
# description: With a key that manages, an application could delete what it uses.
# custom:
#   severity: medium
#   fix: Set manage to false, and listen or send to what is needed.
#   controls:
#     iso-27001-2022: ["A.5.15", "A.8.2"]
#     mcsb: ["PA-7"]
#   id: azure-servicebus-manage-rights
#   level: advisory
#   resources:
#     - azurerm_servicebus_namespace_authorization_rule
#     - azurerm_servicebus_queue_authorization_rule
#     - azurerm_servicebus_topic_authorization_rule
#     - azurerm_eventhub_namespace_authorization_rule
#     - azurerm_eventhub_authorization_rule
#     - azurerm_relay_namespace_authorization_rule
#     - azurerm_notification_hub_authorization_rule
#   subjects:
#     - authorization rule manage
#     - authorization rule
package terrace.azure.servicebus.manage_rights

import data.terrace.lib.plan

types := [
	"azurerm_servicebus_namespace_authorization_rule",
	"azurerm_servicebus_queue_authorization_rule",
	"azurerm_servicebus_topic_authorization_rule",
	"azurerm_eventhub_namespace_authorization_rule",
	"azurerm_eventhub_authorization_rule",
	"azurerm_relay_namespace_authorization_rule",
	"azurerm_notification_hub_authorization_rule",
]

path := ["manage"]

deny contains plan.finding(r, path, "manages the whole") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, false) != false
}
