# METADATA
# title: Nodes of HDInsight encrypt at their host
# description: Temporary disks and caches are plain otherwise.
# custom:
#   severity: low
#   fix: Set encryption_at_host_enabled in disk_encryption to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-4"]
#   id: azure-data-hdinsight-host-encryption
#   level: advisory
#   resources:
#     - azurerm_hdinsight_hadoop_cluster
#     - azurerm_hdinsight_hbase_cluster
#     - azurerm_hdinsight_interactive_query_cluster
#     - azurerm_hdinsight_kafka_cluster
#     - azurerm_hdinsight_spark_cluster
#   subjects:
#     - azurerm_hdinsight_hadoop_cluster.disk_encryption_encryption_at_host_enabled
#     - azurerm_hdinsight_hbase_cluster.disk_encryption_encryption_at_host_enabled
#     - azurerm_hdinsight_interactive_query_cluster.disk_encryption_encryption_at_host_enabled
#     - azurerm_hdinsight_kafka_cluster.disk_encryption_encryption_at_host_enabled
#     - hdinsight disk encryption
#     - hdinsight encryption host
package terrace.azure.data.hdinsight_host_encryption

import data.terrace.lib.plan

types := [
	"azurerm_hdinsight_hadoop_cluster",
	"azurerm_hdinsight_hbase_cluster",
	"azurerm_hdinsight_interactive_query_cluster",
	"azurerm_hdinsight_kafka_cluster",
	"azurerm_hdinsight_spark_cluster",
]

path := ["disk_encryption", 0, "encryption_at_host_enabled"]

deny contains plan.finding(r, path, "does not encrypt at its hosts") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, false) != true
}
