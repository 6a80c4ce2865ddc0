# METADATA
# title: Container apps take HTTPS alone
# description: Plain HTTP shows what is sent to everyone on the way.
# custom:
#   severity: high
#   fix: Set allow_insecure_connections to false in ingress.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3"]
#   id: azure-container-app-https
#   level: hard-mandatory
#   resources: [azurerm_container_app]
#   subjects:
#     - azurerm_container_app.ingress.allow_insecure_connections
#     - container app https
#     - container app insecure
#     - azurerm_container_app.allow_insecure_connections
package terrace.azure.container.app_https

import data.terrace.lib.plan

path := ["ingress", 0, "allow_insecure_connections"]

deny contains plan.finding(r, path, "takes plain HTTP") if {
	some r in plan.planned("azurerm_container_app")
	plan.certain(r, path, false) != false
}
