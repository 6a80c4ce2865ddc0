# METADATA
# title: Service Bus is encrypted twice
# description: A second layer holds where the first is broken.
# custom:
#   severity: low
#   fix: Set infrastructure_encryption_enabled in customer_managed_key to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-4"]
#   id: azure-servicebus-double-encryption
#   level: advisory
#   resources: [azurerm_servicebus_namespace]
#   subjects:
#     - azurerm_servicebus_namespace.customer_managed_key_infrastructure_encryption_enabled
#     - Servicebus double encryption
#     - Servicebus infrastructure encryption
package terrace.azure.servicebus.double_encryption

import data.terrace.lib.plan

path := ["customer_managed_key", 0, "infrastructure_encryption_enabled"]

deny contains plan.finding(r, path, "is encrypted once") if {
	some r in plan.planned("azurerm_servicebus_namespace")
	plan.certain(r, path, false) != true
}
