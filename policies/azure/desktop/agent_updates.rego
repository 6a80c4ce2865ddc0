# METADATA
# title: Agents of virtual desktops are updated at a time of their own
# description: Otherwise updates come when the system likes, also when people work.
# custom:
#   severity: low
#   fix: Add scheduled_agent_updates with enabled = true.
#   controls:
#     iso-27001-2022: ["A.8.32"]
#   id: azure-desktop-agent-updates
#   level: advisory
#   resources: [azurerm_virtual_desktop_host_pool]
#   subjects:
#     - azurerm_virtual_desktop_host_pool.scheduled_agent_updates_enabled
#     - virtual desktop agent update
#     - host pool agent update
package terrace.azure.desktop.agent_updates

import data.terrace.lib.plan

path := ["scheduled_agent_updates", 0, "enabled"]

deny contains plan.finding(r, path, "is updated at any time") if {
	some r in plan.planned("azurerm_virtual_desktop_host_pool")
	plan.certain(r, path, false) != true
}
