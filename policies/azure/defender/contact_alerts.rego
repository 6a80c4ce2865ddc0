# METADATA
# title: Defender for Cloud writes alerts of high severity
# description: An alert that is seen by chance is seen late.
# custom:
#   severity: medium
#   fix: Set alert_notifications to true.
#   controls:
#     cis-azure-3.0.0: ["3.1.14"]
#     iso-27001-2022: ["A.5.24", "A.8.16"]
#     mcsb: ["IR-2"]
#   id: azure-defender-contact-alerts
#   level: advisory
#   resources: [azurerm_security_center_contact]
#   subjects:
#     - azurerm_security_center_contact.alert_notifications
#     - security center contact email alert
#     - security center alert notifications
package terrace.azure.defender.contact_alerts

import data.terrace.lib.plan

path := ["alert_notifications"]

deny contains plan.finding(r, path, "writes no alerts") if {
	some r in plan.planned("azurerm_security_center_contact")
	plan.certain(r, path, false) != true
}
