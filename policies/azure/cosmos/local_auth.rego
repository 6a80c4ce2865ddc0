# METADATA
# title: Cosmos DB accounts take no keys
# description: A key opens all, is shared, and is never revoked; identities have roles.
# custom:
#   severity: medium
#   fix: Set local_authentication_enabled to false.
#   controls:
#     cis-azure-3.0.0: ["5.4.3"]
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-cosmos-local-auth
#   level: advisory
#   resources: [azurerm_cosmosdb_account]
#   subjects:
#     - Cosmos local auth
#     - azurerm_cosmosdb_account.local_authentication
package terrace.azure.cosmos.local_auth

import data.terrace.lib.plan

deny contains plan.finding(r, ["local_authentication_enabled"], "takes keys") if {
	some r in plan.planned("azurerm_cosmosdb_account")
	plan.value(r, ["kind"], "GlobalDocumentDB") == "GlobalDocumentDB"
	not off(r)
}

off(r) if plan.value(r, ["local_authentication_enabled"], true) == false

# The name of azurerm 4 and older.
off(r) if plan.value(r, ["local_authentication_disabled"], false) == true
