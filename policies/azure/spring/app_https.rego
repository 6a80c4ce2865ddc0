# METADATA
# title: Spring apps take HTTPS alone
# description: Plain HTTP shows what is sent to everyone on the way.
# custom:
#   severity: high
#   fix: Set https_only to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-spring-app-https
#   level: soft-mandatory
#   resources: [azurerm_spring_cloud_app]
#   subjects:
#     - azurerm_spring_cloud_app.https_only
#     - Spring cloud app HTTPS
package terrace.azure.spring.app_https

import data.terrace.lib.plan

path := ["https_only"]

deny contains plan.finding(r, path, "takes plain HTTP") if {
	some r in plan.planned("azurerm_spring_cloud_app")
	plan.certain(r, path, false) != true
}
