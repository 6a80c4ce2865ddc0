# METADATA
# title: AKS clusters are watched by Defender
# description: Without it nobody sees that a container does what containers do not do.
# custom:
#   severity: medium
#   fix: Add microsoft_defender with log_analytics_workspace_id.
#   controls:
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-aks-defender
#   level: advisory
#   resources: [azurerm_kubernetes_cluster]
#   subjects: [azurerm_kubernetes_cluster.microsoft_defender, AKS defender profile, kubernetes defender profile]
package terrace.azure.aks.defender

import data.terrace.lib.plan

path := ["microsoft_defender", 0, "log_analytics_workspace_id"]

deny contains plan.finding(r, path, "is not watched by Defender") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	not plan.present(r, path)
}
