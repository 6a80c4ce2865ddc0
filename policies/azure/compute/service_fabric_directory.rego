# METADATA
# title: Service Fabric clusters ask the directory who comes in
# description: Certificates alone tell neither who came in nor when they left the organisation.
# custom:
#   severity: high
#   fix: Add azure_active_directory with tenant_id, cluster_application_id and client_application_id.
#   controls:
#     iso-27001-2022: ["A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-compute-service-fabric-directory
#   level: soft-mandatory
#   resources: [azurerm_service_fabric_cluster]
#   subjects: [azurerm_service_fabric_cluster.azure_active_directory, active directory service fabric]
package terrace.azure.compute.service_fabric_directory

import data.terrace.lib.plan

path := ["azure_active_directory", 0, "tenant_id"]

deny contains plan.finding(r, path, "does not ask a directory who comes in") if {
	some r in plan.planned("azurerm_service_fabric_cluster")
	not plan.present(r, path)
}
