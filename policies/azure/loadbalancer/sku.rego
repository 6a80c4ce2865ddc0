# METADATA
# title: Load balancers are of the Standard kind
# description: Basic load balancers are open until somebody closes them, know no zones, and are retired.
# custom:
#   severity: medium
#   fix: Set sku to "Standard".
#   controls:
#     iso-27001-2022: ["A.8.14", "A.8.20"]
#   id: azure-loadbalancer-sku
#   level: soft-mandatory
#   resources: [azurerm_lb]
#   subjects: [azurerm_lb.sku, load balancer sku, load balancer standard]
package terrace.azure.loadbalancer.sku

import data.terrace.lib.plan

path := ["sku"]

deny contains plan.finding(r, path, "is of the Basic kind") if {
	some r in plan.planned("azurerm_lb")
	not plan.certain(r, path, "Standard") in {"Standard", "Gateway"}
}
