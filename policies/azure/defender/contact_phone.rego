# METADATA
# title: Defender for Cloud has somebody to call
# description: In an incident Microsoft calls; without a number it cannot.
# custom:
#   severity: low
#   fix: Set phone.
#   controls:
#     iso-27001-2022: ["A.5.24", "A.8.16"]
#     mcsb: ["IR-2"]
#   id: azure-defender-contact-phone
#   level: advisory
#   resources: [azurerm_security_center_contact]
#   subjects:
#     - azurerm_security_center_contact.phone
#     - security center contact phone
package terrace.azure.defender.contact_phone

import data.terrace.lib.plan

path := ["phone"]

deny contains plan.finding(r, path, "has nobody to call") if {
	some r in plan.planned("azurerm_security_center_contact")
	not plan.present(r, path)
}
