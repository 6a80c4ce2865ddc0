# METADATA
# title: Grafana is in several zones
# description: An instance in one zone is gone while the zone is.
# custom:
#   severity: low
#   fix: Set zone_redundancy_enabled to true when the instance is made.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-monitor-grafana-zones
#   level: advisory
#   resources: [azurerm_dashboard_grafana]
#   subjects:
#     - azurerm_dashboard_grafana.zone_redundancy_enabled
#     - grafana zone redundancy
package terrace.azure.monitor.grafana_zones

import data.terrace.lib.plan

path := ["zone_redundancy_enabled"]

deny contains plan.finding(r, path, "is in one zone") if {
	some r in plan.planned("azurerm_dashboard_grafana")
	plan.certain(r, path, false) != true
}
