# METADATA
# title: Containers get variables that nobody reads
# description: Plain variables are shown to everyone who may look at the group.
# custom:
#   severity: medium
#   fix: Use secure_environment_variables in place of environment_variables.
#   controls:
#     iso-27001-2022: ["A.5.17"]
#     mcsb: ["IM-8"]
#   id: azure-container-group-secure-variables
#   level: advisory
#   resources: [azurerm_container_group]
#   subjects:
#     - azurerm_container_group.container.environment_variables
#     - container instance env var secure
#     - container group environment variables
#     - azurerm_container_group.environment_variables
package terrace.azure.container.group_secure_variables

import data.terrace.lib.plan

deny contains plan.finding(r, path, "has variables that everyone reads") if {
	some r in plan.planned("azurerm_container_group")
	some block in ["container", "init_container"]
	some i, _ in plan.blocks(r, [block])
	path := [block, i, "environment_variables"]
	plan.present(r, path)
}
