# METADATA
# title: PostgreSQL servers are watched for threats
# description: The policy is what finds injections and strange logins.
# custom:
#   severity: medium
#   fix: Add threat_detection_policy with enabled = true; for flexible servers switch on Defender for the plan OpenSourceRelationalDatabases.
#   controls:
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-postgres-threat-detection
#   level: advisory
#   resources: [azurerm_postgresql_server]
#   subjects:
#     - azurerm_postgresql_server.threat_detection_policy_enabled
#     - Postgre detection
#     - Postgre threat
package terrace.azure.postgres.threat_detection

import data.terrace.lib.plan

path := ["threat_detection_policy", 0, "enabled"]

deny contains plan.finding(r, path, "is not watched for threats") if {
	some r in plan.planned("azurerm_postgresql_server")
	plan.certain(r, path, false) != true
}
