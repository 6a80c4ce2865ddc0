# METADATA
# title: Defender for Cloud writes alerts to the administrators
# description: Owners of the subscription can act at once.
# custom:
#   severity: low
#   fix: Set alerts_to_admins to true.
#   controls:
#     cis-azure-3.0.0: ["3.1.12"]
#     iso-27001-2022: ["A.5.24", "A.8.16"]
#     mcsb: ["IR-2"]
#   id: azure-defender-contact-admins
#   level: advisory
#   resources: [azurerm_security_center_contact]
#   subjects:
#     - azurerm_security_center_contact.alerts_to_admins
#     - security center contact email alert admins
#     - security center alerts admins
package terrace.azure.defender.contact_admins

import data.terrace.lib.plan

path := ["alerts_to_admins"]

deny contains plan.finding(r, path, "writes nothing to the administrators") if {
	some r in plan.planned("azurerm_security_center_contact")
	plan.certain(r, path, false) != true
}
