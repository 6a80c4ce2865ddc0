# METADATA
# title: Service Bus takes TLS 1.2 or newer
# description: Old versions can be broken; who accepts them can be talked down to them.
# custom:
#   severity: high
#   fix: Set minimum_tls_version to "1.2".
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-servicebus-min-tls
#   level: hard-mandatory
#   resources: [azurerm_servicebus_namespace]
#   subjects:
#     - azurerm_servicebus_namespace.minimum_tls_version
#     - Servicebus TLS
#     - Service bus TLS
package terrace.azure.servicebus.min_tls

import data.terrace.lib.plan

path := ["minimum_tls_version"]

deny contains plan.finding(r, path, "takes old versions of TLS") if {
	some r in plan.planned("azurerm_servicebus_namespace")
	not plan.certain(r, path, "1.2") in {"1.2", "1.3"}
}
