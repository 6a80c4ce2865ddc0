# METADATA
# title: Virtual desktops have a host pool for validation
# description: What is new is tried there before it reaches everyone.
# custom:
#   severity: low
#   fix: Add azurerm_virtual_desktop_host_pool with validate_environment = true.
#   controls:
#     iso-27001-2022: ["A.8.32"]
#   id: azure-desktop-validation
#   level: advisory
#   resources: [azurerm_virtual_desktop_host_pool]
#   subjects:
#     - virtual desktop validation
#     - host pool validat
#     - azurerm_virtual_desktop_host_pool.validate_environment
package terrace.azure.desktop.validation

import data.terrace.lib.plan

# Where there are pools, one is for validation.
deny contains plan.finding(first, ["validate_environment"], "has no pool for validation beside it") if {
	pools := plan.planned("azurerm_virtual_desktop_host_pool")
	first := pools[0]
	count([p | some p in pools; plan.value(p, ["validate_environment"], false) == true]) == 0
}
