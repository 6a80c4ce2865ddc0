# METADATA
# title: Applications of Entra ID use no passwords
# description: A password is copied, and found in a log years later; federated credentials cannot be.
# custom:
#   severity: medium
#   fix: Use azuread_application_federated_identity_credential or a managed identity.
#   controls:
#     iso-27001-2022: ["A.5.17"]
#     mcsb: ["IM-3", "IM-8"]
#   id: azure-identity-application-passwords
#   level: advisory
#   resources: [azuread_application_password, azuread_service_principal_password]
#   subjects:
#     - application password
#     - service principal password
package terrace.azure.identity.application_passwords

import data.terrace.lib.plan

deny contains plan.finding(r, [], "is a password of an application") if {
	some r in plan.planned_any(["azuread_application_password", "azuread_service_principal_password"])
}
