# METADATA
# title: Grafana gives out no keys
# description: A key is shared, and is never revoked; identities have roles.
# custom:
#   severity: low
#   fix: Leave api_key_enabled at false.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-monitor-grafana-api-keys
#   level: advisory
#   resources: [azurerm_dashboard_grafana]
#   subjects:
#     - azurerm_dashboard_grafana.api_key_enabled
#     - grafana api key
package terrace.azure.monitor.grafana_api_keys

import data.terrace.lib.plan

path := ["api_key_enabled"]

deny contains plan.finding(r, path, "gives out keys") if {
	some r in plan.planned("azurerm_dashboard_grafana")
	plan.certain(r, path, false) != false
}
