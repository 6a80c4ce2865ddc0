# METADATA
# title: Defender for Cloud has somebody to write to
# description: An alert without an address is read by nobody.
# custom:
#   severity: medium
#   fix: Set email to those who act on alerts.
#   controls:
#     cis-azure-3.0.0: ["3.1.13"]
#     iso-27001-2022: ["A.5.24", "A.8.16"]
#     mcsb: ["IR-2"]
#   id: azure-defender-contact-email
#   level: advisory
#   resources: [azurerm_security_center_contact]
#   subjects:
#     - azurerm_security_center_contact.email
#     - security center contact emails
package terrace.azure.defender.contact_email

import data.terrace.lib.plan

path := ["email"]

deny contains plan.finding(r, path, "has nobody to write to") if {
	some r in plan.planned("azurerm_security_center_contact")
	not plan.present(r, path)
}
