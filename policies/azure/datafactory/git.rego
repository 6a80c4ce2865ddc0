# METADATA
# title: Data factories are kept in a repository
# description: Pipelines that live in a portal alone are neither reviewed nor restored.
# custom:
#   severity: low
#   fix: Add github_configuration or vsts_configuration.
#   controls:
#     iso-27001-2022: ["A.8.4", "A.8.32"]
#   id: azure-datafactory-git
#   level: advisory
#   resources: [azurerm_data_factory]
#   subjects:
#     - azurerm_data_factory.github_configuration_repository_name
#     - azurerm_data_factory.vsts_configuration_repository_name
#     - data factory git repository
#     - data factory source control
package terrace.azure.datafactory.git

import data.terrace.lib.plan

paths := [["github_configuration", 0, "repository_name"], ["vsts_configuration", 0, "repository_name"]]

deny contains plan.finding(r, paths[0], "is kept in no repository") if {
	some r in plan.planned("azurerm_data_factory")
	not some_present(r)
}

some_present(r) if {
	some path in paths
	plan.present(r, path)
}
