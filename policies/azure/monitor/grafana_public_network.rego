# METADATA
# title: Grafana is closed to public networks
# description: Dashboards show how everything is built.
# custom:
#   severity: medium
#   fix: Set public_network_access_enabled to false.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-monitor-grafana-public-network
#   level: advisory
#   resources: [azurerm_dashboard_grafana]
#   subjects:
#     - azurerm_dashboard_grafana.public_network_access_enabled
#     - grafana public
package terrace.azure.monitor.grafana_public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_dashboard_grafana")
	plan.certain(r, path, true) != false
}
