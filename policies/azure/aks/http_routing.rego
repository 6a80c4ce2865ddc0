# METADATA
# title: AKS clusters do without HTTP application routing
# description: "The add-on is for trying things out: it publishes plain HTTP on a public address."
# custom:
#   severity: medium
#   fix: Leave out http_application_routing_enabled; use web_app_routing or a gateway.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-8"]
#   id: azure-aks-http-routing
#   level: soft-mandatory
#   resources: [azurerm_kubernetes_cluster]
#   subjects:
#     - azurerm_kubernetes_cluster.http_application_routing_enabled
#     - kubernetes cluster http application routing
#     - AKS http application routing
#     - kubernetes http application routing
package terrace.azure.aks.http_routing

import data.terrace.lib.plan

deny contains plan.finding(r, path, "publishes plain HTTP by itself") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	some path in [["http_application_routing_enabled"], ["addon_profile", 0, "http_application_routing", 0, "enabled"]]
	plan.certain(r, path, false) != false
}
