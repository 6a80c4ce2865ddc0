# METADATA
# title: Container apps have more than one replica
# description: With one replica an app is away whenever that is replaced.
# custom:
#   severity: low
#   fix: Set min_replicas of template to 2 or more.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-container-app-replicas
#   level: advisory
#   resources: [azurerm_container_app]
#   subjects: [azurerm_container_app.template.min_replicas, container app replica, azurerm_container_app.min_replicas]
package terrace.azure.container.app_replicas

import data.terrace.lib.plan

path := ["template", 0, "min_replicas"]

deny contains plan.finding(r, path, "has one replica or none") if {
	some r in plan.planned("azurerm_container_app")
	not plan.unknown(r, path)
	plan.certain(r, path, 0) < 2
}
