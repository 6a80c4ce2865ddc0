# METADATA
# title: Containers of apps are probed
# description: A container that hangs is neither made anew nor left out.
# custom:
#   severity: low
#   fix: Add liveness_probe and readiness_probe to each container.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-container-app-probes
#   level: advisory
#   resources: [azurerm_container_app]
#   subjects:
#     - azurerm_container_app.template.container.liveness_probe
#     - container app probe
#     - container app health
#     - azurerm_container_app.liveness_probe
package terrace.azure.container.app_probes

import data.terrace.lib.plan

deny contains plan.finding(r, path, "is not probed") if {
	some r in plan.planned("azurerm_container_app")
	some i, _ in plan.blocks(r, ["template", 0, "container"])
	path := ["template", 0, "container", i, "liveness_probe"]
	not plan.present(r, path)
	not plan.present(r, ["template", 0, "container", i, "readiness_probe"])
}
