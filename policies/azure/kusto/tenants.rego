# METADATA
# title: Data Explorer trusts no other tenants
# description: Accounts of the tenants that are named can be given rights.
# custom:
#   severity: medium
#   fix: Set trusted_external_tenants to the ids that are needed, or leave it empty.
#   controls:
#     iso-27001-2022: ["A.5.15"]
#     mcsb: ["IM-1"]
#   id: azure-kusto-tenants
#   level: advisory
#   resources: [azurerm_kusto_cluster]
#   subjects:
#     - Data Explorer tenants
#     - azurerm_kusto_cluster.trusted_external_tenants
package terrace.azure.kusto.tenants

import data.terrace.lib.plan

path := ["trusted_external_tenants"]

deny contains plan.finding(r, path, "trusts every tenant") if {
	some r in plan.planned("azurerm_kusto_cluster")
	some tenant in plan.value(r, path, [])
	tenant in {"*", "MyTenantOnly,*"}
}
