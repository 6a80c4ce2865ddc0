# METADATA
# title: Roles of an organisation name what they allow
# description: With a wildcard, a role allows what is added tomorrow, too.
# custom:
#   severity: medium
#   fix: Name the actions that are needed.
#   controls:
#     iso-27001-2022: ["A.5.15", "A.8.2"]
#     mcsb: ["PA-7"]
#   id: azure-identity-role-wildcards
#   level: advisory
#   resources: [azurerm_role_definition]
#   subjects:
#     - role definition wildcard
#     - custom role wildcard
package terrace.azure.identity.role_wildcards

import data.terrace.lib.plan

deny contains plan.finding(r, ["permissions", i, name], sprintf("allows %s", [action])) if {
	some r in plan.planned("azurerm_role_definition")
	some i, permission in plan.blocks(r, ["permissions"])
	some name in ["actions", "data_actions"]
	some action in plan.or_else(object.get(permission, name, null), [])
	broad(action)
}

broad("*")

broad(action) if endswith(action, "/*")

broad("*/write")

broad("*/delete")
