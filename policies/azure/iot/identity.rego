# METADATA
# title: IoT hubs have a managed identity
# description: With one, they reach endpoints without a secret.
# custom:
#   severity: low
#   fix: Add identity.
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-iot-identity
#   level: advisory
#   resources: [azurerm_iothub]
#   subjects:
#     - azurerm_iothub.identity_type
#     - IoT hub identity
package terrace.azure.iot.identity

import data.terrace.lib.plan

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no managed identity") if {
	some r in plan.planned("azurerm_iothub")
	not plan.present(r, path)
}
