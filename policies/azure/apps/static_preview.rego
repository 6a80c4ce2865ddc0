# METADATA
# title: Static web apps have no previews for everyone
# description: A preview of what is not yet published is read by whoever has its address.
# custom:
#   severity: low
#   fix: Set preview_environments_enabled to false.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-apps-static-preview
#   level: advisory
#   resources: [azurerm_static_web_app]
#   subjects: [azurerm_static_web_app.preview_environments_enabled, static web app preview]
package terrace.azure.apps.static_preview

import data.terrace.lib.plan

path := ["preview_environments_enabled"]

deny contains plan.finding(r, path, "publishes previews") if {
	some r in plan.planned("azurerm_static_web_app")
	plan.certain(r, path, true) != false
}
