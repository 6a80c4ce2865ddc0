# METADATA
# title: Storage accounts replicate to no other tenant
# description: A replication policy to an account elsewhere copies all blobs out of the organisation.
# custom:
#   severity: medium
#   fix: Set cross_tenant_replication_enabled to false.
#   controls:
#     cis-azure-3.0.0: ["4.16"]
#     iso-27001-2022: ["A.8.12"]
#   id: azure-storage-cross-tenant
#   level: soft-mandatory
#   resources: [azurerm_storage_account]
#   subjects: [azurerm_storage_account.cross_tenant_replication_enabled, storage cross tenant replication]
package terrace.azure.storage.cross_tenant

import data.terrace.lib.plan

path := ["cross_tenant_replication_enabled"]

deny contains plan.finding(r, path, "can be replicated to other tenants") if {
	some r in plan.planned("azurerm_storage_account")
	plan.certain(r, path, false) != false
}
