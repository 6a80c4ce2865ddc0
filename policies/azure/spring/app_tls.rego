# METADATA
# title: Spring apps are encrypted to the last hop
# description: Between the gateway and the app, traffic is plain otherwise.
# custom:
#   severity: medium
#   fix: Set tls_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-spring-app-tls
#   level: advisory
#   resources: [azurerm_spring_cloud_app]
#   subjects:
#     - azurerm_spring_cloud_app.tls_enabled
#     - Spring cloud TLS
package terrace.azure.spring.app_tls

import data.terrace.lib.plan

path := ["tls_enabled"]

deny contains plan.finding(r, path, "takes plain traffic from its gateway") if {
	some r in plan.planned("azurerm_spring_cloud_app")
	plan.certain(r, path, false) != true
}
