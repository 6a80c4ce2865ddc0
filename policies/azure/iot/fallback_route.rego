# METADATA
# title: IoT hubs route all messages on purpose
# description: With the fallback route, what no route takes is kept by the hub for a day, and lost in silence.
# custom:
#   severity: low
#   fix: Set enabled in fallback_route to false, and route what is needed.
#   controls:
#     iso-27001-2022: ["A.8.9"]
#   id: azure-iot-fallback-route
#   level: advisory
#   resources: [azurerm_iothub, azurerm_iothub_fallback_route]
#   subjects:
#     - IoT hub fallback route
#     - azurerm_iothub.fallback_route
package terrace.azure.iot.fallback_route

import data.terrace.lib.plan

deny contains plan.finding(r, path, "has a fallback route") if {
	some type, path in {"azurerm_iothub": ["fallback_route", 0, "enabled"], "azurerm_iothub_fallback_route": ["enabled"]}
	some r in plan.planned(type)
	plan.value(r, path, fallback[type]) == true
}

fallback := {"azurerm_iothub": false, "azurerm_iothub_fallback_route": true}
