# METADATA
# title: Nodes of HDInsight encrypt what they send each other
# description: Inside of the cluster, traffic is plain otherwise.
# custom:
#   severity: medium
#   fix: Set encryption_in_transit_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-data-hdinsight-transit
#   level: advisory
#   resources:
#     - azurerm_hdinsight_hadoop_cluster
#     - azurerm_hdinsight_hbase_cluster
#     - azurerm_hdinsight_interactive_query_cluster
#     - azurerm_hdinsight_kafka_cluster
#     - azurerm_hdinsight_spark_cluster
#   subjects:
#     - azurerm_hdinsight_hadoop_cluster.encryption_in_transit_enabled
#     - azurerm_hdinsight_hbase_cluster.encryption_in_transit_enabled
#     - azurerm_hdinsight_interactive_query_cluster.encryption_in_transit_enabled
#     - azurerm_hdinsight_kafka_cluster.encryption_in_transit_enabled
#     - hdinsight encryption transit
package terrace.azure.data.hdinsight_transit

import data.terrace.lib.plan

types := [
	"azurerm_hdinsight_hadoop_cluster",
	"azurerm_hdinsight_hbase_cluster",
	"azurerm_hdinsight_interactive_query_cluster",
	"azurerm_hdinsight_kafka_cluster",
	"azurerm_hdinsight_spark_cluster",
]

path := ["encryption_in_transit_enabled"]

deny contains plan.finding(r, path, "sends plain traffic between its nodes") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, false) != true
}
