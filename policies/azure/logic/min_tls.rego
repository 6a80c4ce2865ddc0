# METADATA
# title: Logic apps take TLS 1.2 or newer
# description: Old versions can be broken; who accepts them can be talked down to them.
# custom:
#   severity: high
#   fix: Set min_tls_version in site_config to "1.2".
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-logic-min-tls
#   level: hard-mandatory
#   resources: [azurerm_logic_app_standard]
#   subjects:
#     - azurerm_logic_app_standard.site_config_min_tls_version
#     - Logic app TLS
package terrace.azure.logic.min_tls

import data.terrace.lib.plan

path := ["site_config", 0, "min_tls_version"]

deny contains plan.finding(r, path, "takes old versions of TLS") if {
	some r in plan.planned("azurerm_logic_app_standard")
	not plan.certain(r, path, "1.2") in {"1.2", "1.3"}
}
