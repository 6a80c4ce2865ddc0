# METADATA
# title: HDInsight takes TLS 1.2 or newer
# description: Old versions can be broken; who accepts them can be talked down to them.
# custom:
#   severity: high
#   fix: Set tls_min_version to "1.2".
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-data-hdinsight-tls
#   level: soft-mandatory
#   resources:
#     - azurerm_hdinsight_hadoop_cluster
#     - azurerm_hdinsight_hbase_cluster
#     - azurerm_hdinsight_interactive_query_cluster
#     - azurerm_hdinsight_kafka_cluster
#     - azurerm_hdinsight_spark_cluster
#   subjects:
#     - azurerm_hdinsight_hadoop_cluster.tls_min_version
#     - azurerm_hdinsight_hbase_cluster.tls_min_version
#     - azurerm_hdinsight_interactive_query_cluster.tls_min_version
#     - azurerm_hdinsight_kafka_cluster.tls_min_version
#     - hdinsight TLS
package terrace.azure.data.hdinsight_tls

import data.terrace.lib.plan

types := [
	"azurerm_hdinsight_hadoop_cluster",
	"azurerm_hdinsight_hbase_cluster",
	"azurerm_hdinsight_interactive_query_cluster",
	"azurerm_hdinsight_kafka_cluster",
	"azurerm_hdinsight_spark_cluster",
]

path := ["tls_min_version"]

deny contains plan.finding(r, path, "takes old versions of TLS") if {
	some r in plan.planned_any(types)
	not plan.certain(r, path, "") in {"1.2", "1.3"}
}
