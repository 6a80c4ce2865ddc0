# METADATA
# title: Service Bus has a managed identity
# description: With one, it reaches keys without a secret.
# custom:
#   severity: low
#   fix: Add identity.
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-servicebus-identity
#   level: advisory
#   resources: [azurerm_servicebus_namespace]
#   subjects:
#     - azurerm_servicebus_namespace.identity_type
#     - Servicebus identity
package terrace.azure.servicebus.identity

import data.terrace.lib.plan

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no managed identity") if {
	some r in plan.planned("azurerm_servicebus_namespace")
	not plan.present(r, path)
}
