# METADATA
# title: IoT hubs are of a kind for production
# description: A free hub takes 8,000 messages a day, and no promise.
# custom:
#   severity: low
#   fix: Set name in sku to "S1" or higher.
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-iot-sku
#   level: advisory
#   resources: [azurerm_iothub]
#   subjects:
#     - IoT hub sku
#     - IoT hub free tier
#     - azurerm_iothub.sku
package terrace.azure.iot.sku

import data.terrace.lib.plan

path := ["sku", 0, "name"]

deny contains plan.finding(r, path, "is free, and without a promise") if {
	some r in plan.planned("azurerm_iothub")
	plan.value(r, path, "") == "F1"
}
