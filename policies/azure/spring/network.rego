# METADATA
# title: Spring Apps are in a network
# description: Outside of one, apps reach and are reached by the Internet alone.
# custom:
#   severity: medium
#   fix: Add network with service_runtime_subnet_id and app_subnet_id, in a sku other than B0.
#   controls:
#     iso-27001-2022: ["A.8.20", "A.8.22"]
#     mcsb: ["NS-1"]
#   id: azure-spring-network
#   level: advisory
#   resources: [azurerm_spring_cloud_service]
#   subjects:
#     - Spring cloud vnet
#     - Spring cloud network
#     - azurerm_spring_cloud_service.network
package terrace.azure.spring.network

import data.terrace.lib.plan

path := ["network", 0, "service_runtime_subnet_id"]

deny contains plan.finding(r, path, "is in no network") if {
	some r in plan.planned("azurerm_spring_cloud_service")
	not plan.present(r, path)
}

deny contains plan.finding(r, ["sku_name"], "is of a sku without networks") if {
	some r in plan.planned("azurerm_spring_cloud_service")
	plan.present(r, path)
	upper(plan.value(r, ["sku_name"], "S0")) == "B0"
}
