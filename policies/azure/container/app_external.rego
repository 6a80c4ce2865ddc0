# METADATA
# title: Container apps on the Internet say who may come
# description: An app that is external answers everyone.
# custom:
#   severity: medium
#   fix: Set external_enabled to false, or add ip_security_restriction to ingress.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-container-app-external
#   level: advisory
#   resources: [azurerm_container_app]
#   subjects: [azurerm_container_app.ingress.external_enabled, container app external, container app public, azurerm_container_app.external_enabled]
package terrace.azure.container.app_external

import data.terrace.lib.plan

path := ["ingress", 0, "external_enabled"]

deny contains plan.finding(r, path, "answers everyone") if {
	some r in plan.planned("azurerm_container_app")
	not plan.present(r, ["ingress", 0, "ip_security_restriction"])
	plan.certain(r, path, false) != false
}
