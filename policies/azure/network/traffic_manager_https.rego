# METADATA
# title: Traffic Manager probes by HTTPS
# description: A probe by plain HTTP does not see that a certificate has expired.
# custom:
#   severity: low
#   fix: Set protocol to "HTTPS" in monitor_config.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3"]
#   id: azure-network-traffic-manager-https
#   level: advisory
#   resources: [azurerm_traffic_manager_profile]
#   subjects: [azurerm_traffic_manager_profile.monitor_config.protocol, traffic manager https]
package terrace.azure.network.traffic_manager_https

import data.terrace.lib.plan

path := ["monitor_config", 0, "protocol"]

deny contains plan.finding(r, path, "probes by plain HTTP") if {
	some r in plan.planned("azurerm_traffic_manager_profile")
	plan.certain(r, path, "HTTPS") == "HTTP"
}
