# METADATA
# title: Models are deployed beyond one region
# description: Standard is served by one region; global and data zone deployments are served where there is room.
# custom:
#   severity: low
#   fix: Set name in sku to "GlobalStandard", or "DataZoneStandard" where data must stay in a zone.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-cognitive-deployment-sku
#   level: advisory
#   resources: [azurerm_cognitive_deployment]
#   subjects:
#     - cognitive deployment sku
#     - azurerm_cognitive_deployment.sku
package terrace.azure.cognitive.deployment_sku

import data.terrace.lib.plan

path := ["sku", 0, "name"]

deny contains plan.finding(r, path, "is served by one region") if {
	some r in plan.planned("azurerm_cognitive_deployment")
	not served_widely(plan.certain(r, path, ""))
}

served_widely(name) if startswith(name, "Global")

served_widely(name) if startswith(name, "DataZone")

# Provisioned throughput is the promise itself.
served_widely("ProvisionedManaged")
