# METADATA
# title: SQL managed instances are reached directly
# description: Redirected connections skip the proxy and its limits.
# custom:
#   severity: low
#   fix: Set proxy_override to "Redirect".
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-sql-managed-instance-redirect
#   level: advisory
#   resources: [azurerm_mssql_managed_instance]
#   subjects:
#     - SQL managed instance redirect
#     - SQL managed instance proxy
#     - azurerm_mssql_managed_instance.proxy_override
package terrace.azure.sql.managed_instance_redirect

import data.terrace.lib.plan

path := ["proxy_override"]

deny contains plan.finding(r, path, "is reached through a proxy") if {
	some r in plan.planned("azurerm_mssql_managed_instance")
	plan.value(r, path, "Redirect") in {"Proxy", "Default"}
}
