# METADATA
# title: Event Hubs take TLS 1.2 or newer
# description: Old versions can be broken; who accepts them can be talked down to them.
# custom:
#   severity: high
#   fix: Set minimum_tls_version to "1.2".
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-eventhub-min-tls
#   level: hard-mandatory
#   resources: [azurerm_eventhub_namespace]
#   subjects:
#     - azurerm_eventhub_namespace.minimum_tls_version
#     - Event hub TLS
package terrace.azure.eventhub.min_tls

import data.terrace.lib.plan

path := ["minimum_tls_version"]

deny contains plan.finding(r, path, "takes old versions of TLS") if {
	some r in plan.planned("azurerm_eventhub_namespace")
	not plan.certain(r, path, "1.2") in {"1.2", "1.3"}
}
