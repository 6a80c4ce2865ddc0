# METADATA
# title: SignalR is of a kind with a promise
# description: The free sku has 20 connections, and no promise.
# custom:
#   severity: low
#   fix: Set name in sku to "Standard_S1" or "Premium_P1".
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-signalr-sku
#   level: advisory
#   resources: [azurerm_signalr_service]
#   subjects:
#     - SignalR SKU SLA
#     - SignalR SKU
#     - azurerm_signalr_service.sku
package terrace.azure.signalr.sku

import data.terrace.lib.plan

path := ["sku", 0, "name"]

deny contains plan.finding(r, path, "is free, and without a promise") if {
	some r in plan.planned("azurerm_signalr_service")
	startswith(lower(plan.certain(r, path, "")), "free")
}
