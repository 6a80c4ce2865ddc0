# METADATA
# title: API servers of AKS are open to named addresses alone
# description: An API server that everyone reaches is attacked with every new hole in Kubernetes.
# custom:
#   severity: high
#   fix: Add api_server_access_profile with authorized_ip_ranges, or set private_cluster_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-aks-authorized-ranges
#   level: soft-mandatory
#   resources: [azurerm_kubernetes_cluster]
#   subjects:
#     - azurerm_kubernetes_cluster.api_server_access_profile.authorized_ip_ranges
#     - AKS api server authorized ip ranges
#     - azurerm_kubernetes_cluster.authorized_ip_ranges
#     - kubernetes api server authorized ip ranges
package terrace.azure.aks.authorized_ranges

import data.terrace.lib.plan

path := ["api_server_access_profile", 0, "authorized_ip_ranges"]

deny contains plan.finding(r, path, "has an API server that every address reaches") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	plan.certain(r, ["private_cluster_enabled"], false) != true
	not plan.present(r, path)
	not plan.present(r, ["api_server_authorized_ip_ranges"])
}

deny contains plan.finding(r, path, "has an API server that every address reaches") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	some range in plan.value(r, path, [])
	range in {"0.0.0.0/0", "::/0"}
}
