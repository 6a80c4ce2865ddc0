# METADATA
# title: Nodes of AKS remove images that nobody uses
# description: Old images with known holes stay on nodes otherwise.
# custom:
#   severity: low
#   fix: Set image_cleaner_enabled to true, with image_cleaner_interval_hours.
#   controls:
#     iso-27001-2022: ["A.8.8"]
#     mcsb: ["PV-6"]
#   id: azure-aks-image-cleaner
#   level: advisory
#   resources: [azurerm_kubernetes_cluster]
#   subjects: [azurerm_kubernetes_cluster.image_cleaner_enabled, AKS image cleaner, kubernetes image cleaner]
package terrace.azure.aks.image_cleaner

import data.terrace.lib.plan

path := ["image_cleaner_enabled"]

deny contains plan.finding(r, path, "keeps images that nobody uses") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	plan.certain(r, path, false) != true
}
