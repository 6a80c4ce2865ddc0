# METADATA
# title: Firewalls of Cosmos DB hold for services of Azure, too
# description: The bypass admits services of Azure also of other customers.
# custom:
#   severity: medium
#   fix: Set network_acl_bypass_for_azure_services to false.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-cosmos-service-bypass
#   level: advisory
#   resources: [azurerm_cosmosdb_account]
#   subjects:
#     - azurerm_cosmosdb_account.network_acl_bypass_for_azure_services
#     - Cosmos network bypass
#     - Cosmos acl bypass
package terrace.azure.cosmos.service_bypass

import data.terrace.lib.plan

path := ["network_acl_bypass_for_azure_services"]

deny contains plan.finding(r, path, "lets services of Azure past its firewall") if {
	some r in plan.planned("azurerm_cosmosdb_account")
	plan.certain(r, path, false) != false
}
