# METADATA
# title: Service Fabric clusters encrypt and sign
# description: Otherwise nodes talk to each other in clear.
# custom:
#   severity: high
#   fix: Add fabric_settings named "Security", with ClusterProtectionLevel = "EncryptAndSign" in parameters.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3"]
#   id: azure-compute-service-fabric-protection
#   level: soft-mandatory
#   resources: [azurerm_service_fabric_cluster]
#   subjects: [azurerm_service_fabric_cluster.fabric_settings, service fabric protection level]
package terrace.azure.compute.service_fabric_protection

import data.terrace.lib.plan

deny contains plan.finding(r, ["fabric_settings"], "does not encrypt and sign what its nodes say") if {
	some r in plan.planned("azurerm_service_fabric_cluster")
	not protects(r)
}

protects(r) if {
	some settings in plan.blocks(r, ["fabric_settings"])
	settings.name == "Security"
	level(settings.parameters) == "EncryptAndSign"
}

level(parameters) := parameters.ClusterProtectionLevel if parameters.ClusterProtectionLevel

level(parameters) := parameters.value if parameters.name == "ClusterProtectionLevel"
