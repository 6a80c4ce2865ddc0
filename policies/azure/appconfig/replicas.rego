# METADATA
# title: App Configuration has a replica in another region
# description: Apps elsewhere start with settings from there when the region is away.
# custom:
#   severity: low
#   fix: Add replica.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-appconfig-replicas
#   level: advisory
#   resources: [azurerm_app_configuration]
#   subjects: [azurerm_app_configuration.replica, app configuration geo replication]
package terrace.azure.appconfig.replicas

import data.terrace.lib.plan

path := ["replica"]

deny contains plan.finding(r, path, "has no replica in another region") if {
	some r in plan.planned("azurerm_app_configuration")
	not plan.present(r, path)
}
