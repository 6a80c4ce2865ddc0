# METADATA
# title: PostgreSQL servers take accounts of Entra ID
# description: With them, people log in with the accounts of their organisation, with its factors and its leavers.
# custom:
#   severity: medium
#   fix: Add authentication with active_directory_auth_enabled = true.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-postgres-entra-authentication
#   level: advisory
#   resources: [azurerm_postgresql_flexible_server]
#   subjects:
#     - azurerm_postgresql_flexible_server.authentication_active_directory_auth_enabled
#     - Postgre active directory
#     - Postgre entra
#     - Postgre AD auth
package terrace.azure.postgres.entra_authentication

import data.terrace.lib.plan

path := ["authentication", 0, "active_directory_auth_enabled"]

deny contains plan.finding(r, path, "takes no accounts of Entra ID") if {
	some r in plan.planned("azurerm_postgresql_flexible_server")
	plan.certain(r, path, false) != true
}
