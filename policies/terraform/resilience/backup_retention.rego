# METADATA
# title: Backups are kept for a week
# description: A mistake is seen some days later.
# custom:
#   severity: medium
#   fix: Set the retention to at least 7 days.
#   controls:
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["BR-1"]
#   id: terraform-resilience-backup-retention
#   level: advisory
#   resources: ["*"]
#   subjects:
#     - retention of backups
package terrace.terraform.resilience.backup_retention

import data.terrace.lib.general
import data.terrace.lib.plan

# Names in the types of many providers.
names := {"backup_retention_period", "backup_retention_days", "backup_retention_in_days", "snapshot_retention_limit"}

deny contains plan.finding(r, [name], "keeps backups for less than a week") if {
	some r in general.resources
	some name in names
	days := r.values[name]
	is_number(days)
	days < 7
}
