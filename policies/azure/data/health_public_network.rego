# METADATA
# title: Health data services are closed to public networks
# description: Health data are reached from the network alone.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, and add a private endpoint.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-data-health-public-network
#   level: soft-mandatory
#   resources: [azurerm_healthcare_service, azurerm_healthcare_fhir_service, azurerm_healthcare_dicom_service]
#   subjects:
#     - azurerm_healthcare_service.public_network_access_enabled
#     - azurerm_healthcare_fhir_service.public_network_access_enabled
#     - azurerm_healthcare_dicom_service.public_network_access_enabled
#     - healthcare public
package terrace.azure.data.health_public_network

import data.terrace.lib.plan

types := [
	"azurerm_healthcare_service",
	"azurerm_healthcare_fhir_service",
	"azurerm_healthcare_dicom_service",
]

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, true) != false
}
