# METADATA
# title: Spark pools have machines of their own
# description: On isolated machines nobody else's work runs beside.
# custom:
#   severity: low
#   fix: Set compute_isolation_enabled to true, with the node size XXXLarge.
#   controls:
#     iso-27001-2022: ["A.8.22"]
#     mcsb: ["NS-1"]
#   id: azure-synapse-isolated-spark
#   level: advisory
#   resources: [azurerm_synapse_spark_pool]
#   subjects:
#     - azurerm_synapse_spark_pool.compute_isolation_enabled
#     - spark pool isolat
package terrace.azure.synapse.isolated_spark

import data.terrace.lib.plan

path := ["compute_isolation_enabled"]

deny contains plan.finding(r, path, "shares its machines") if {
	some r in plan.planned("azurerm_synapse_spark_pool")
	plan.certain(r, path, false) != true
}
