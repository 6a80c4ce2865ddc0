# METADATA
# title: AKS clusters are of a tier that Azure stands for
# description: For an API server of the tier Free nobody promises anything.
# custom:
#   severity: medium
#   fix: Set sku_tier to "Standard" or "Premium".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-aks-sku-tier
#   level: advisory
#   resources: [azurerm_kubernetes_cluster]
#   subjects:
#     - azurerm_kubernetes_cluster.sku_tier
#     - azurerm_kubernetes_cluster.sku
#     - AKS is paid sku
#     - AKS sku standard
#     - kubernetes is paid sku
#     - kubernetes sku standard
package terrace.azure.aks.sku_tier

import data.terrace.lib.plan

path := ["sku_tier"]

deny contains plan.finding(r, path, "has an API server for which nobody promises anything") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	not plan.certain(r, path, "Free") in {"Standard", "Premium", "Paid"}
}
