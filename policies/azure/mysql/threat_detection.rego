# METADATA
# title: MySQL servers are watched for threats
# description: The policy is what finds injections and strange logins.
# custom:
#   severity: medium
#   fix: Add threat_detection_policy with enabled = true; for flexible servers switch on Defender for the plan OpenSourceRelationalDatabases.
#   controls:
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-mysql-threat-detection
#   level: advisory
#   resources: [azurerm_mysql_server]
#   subjects:
#     - azurerm_mysql_server.threat_detection_policy_enabled
#     - MySQL detection
#     - MySQL threat
package terrace.azure.mysql.threat_detection

import data.terrace.lib.plan

path := ["threat_detection_policy", 0, "enabled"]

deny contains plan.finding(r, path, "is not watched for threats") if {
	some r in plan.planned("azurerm_mysql_server")
	plan.certain(r, path, false) != true
}
