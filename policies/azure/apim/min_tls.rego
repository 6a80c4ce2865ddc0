# METADATA
# title: API Management takes TLS 1.2 or newer
# description: Old versions can be broken; who accepts them can be talked down to them.
# custom:
#   severity: high
#   fix: Leave out what allows SSL 3.0, TLS 1.0 and 1.1 in security.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-apim-min-tls
#   level: hard-mandatory
#   resources: [azurerm_api_management]
#   subjects: [azurerm_api_management.security, api management min TLS, api management tls]
package terrace.azure.apim.min_tls

import data.terrace.lib.plan

# Names of azurerm 2, 3 and 4.
names := {name |
	some old in ["backend_ssl30", "backend_tls10", "backend_tls11", "frontend_ssl30", "frontend_tls10", "frontend_tls11"]
	some name in [
		concat("", [old, "_enabled"]),
		concat("", ["enable_", old]),
		concat("", ["enable_", replace(old, "backend", "back_end")]),
		concat("", ["enable_", replace(old, "frontend", "front_end")]),
	]
}

deny contains plan.finding(r, path, "takes old versions of TLS") if {
	some r in plan.planned("azurerm_api_management")
	some name in names
	path := ["security", 0, name]
	plan.certain(r, path, false) != false
}
