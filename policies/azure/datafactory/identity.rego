# METADATA
# title: Data factories have a managed identity
# description: With one, they reach data without a secret.
# custom:
#   severity: low
#   fix: Add identity.
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-datafactory-identity
#   level: advisory
#   resources: [azurerm_data_factory]
#   subjects:
#     - azurerm_data_factory.identity_type
#     - data factory identity
package terrace.azure.datafactory.identity

import data.terrace.lib.plan

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no managed identity") if {
	some r in plan.planned("azurerm_data_factory")
	not plan.present(r, path)
}
