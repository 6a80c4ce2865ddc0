# METADATA
# title: IoT hubs take TLS 1.2
# description: Old versions can be broken; who accepts them can be talked down to them.
# custom:
#   severity: medium
#   fix: Set min_tls_version to "1.2".
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-iot-min-tls
#   level: advisory
#   resources: [azurerm_iothub]
#   subjects:
#     - azurerm_iothub.min_tls_version
#     - IoT hub TLS
package terrace.azure.iot.min_tls

import data.terrace.lib.plan

path := ["min_tls_version"]

deny contains plan.finding(r, path, "takes old versions of TLS") if {
	some r in plan.planned("azurerm_iothub")
	not plan.certain(r, path, "") in {"1.2", "1.3"}
}
