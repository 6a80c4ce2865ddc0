# METADATA
# title: PostgreSQL servers take no passwords
# description: Passwords are shared, and nobody revokes them.
# custom:
#   severity: low
#   fix: Set password_auth_enabled in authentication to false.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-postgres-no-passwords
#   level: advisory
#   resources: [azurerm_postgresql_flexible_server]
#   subjects:
#     - azurerm_postgresql_flexible_server.authentication_password_auth_enabled
#     - Postgre password auth
package terrace.azure.postgres.no_passwords

import data.terrace.lib.plan

path := ["authentication", 0, "password_auth_enabled"]

deny contains plan.finding(r, path, "takes passwords") if {
	some r in plan.planned("azurerm_postgresql_flexible_server")
	plan.certain(r, path, true) != false
}
