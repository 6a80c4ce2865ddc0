# METADATA
# title: Federated credentials name whom they trust
# description: With a wildcard, or without the name of a repository, other repositories get the rights, too.
# custom:
#   severity: high
#   fix: Set subject to the repository and its environment or branch, such as "repo:owner/name:environment:prod".
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-3"]
#   id: azure-identity-federated-subject
#   level: soft-mandatory
#   resources: [azurerm_federated_identity_credential, azuread_application_federated_identity_credential]
#   subjects:
#     - github actions OIDC trust
#     - federated identity subject
#     - OIDC trust policy
#     - azurerm_federated_identity_credential.subject
package terrace.azure.identity.federated_subject

import data.terrace.lib.plan

types := ["azurerm_federated_identity_credential", "azuread_application_federated_identity_credential"]

path := ["subject"]

deny contains plan.finding(r, path, "trusts more than one workload") if {
	some r in plan.planned_any(types)
	subject := plan.value(r, path, "")
	loose(subject, issued_by_github(r))
}

issued_by_github(r) if {
	contains(plan.value(r, ["issuer"], "https://token.actions.githubusercontent.com"), "token.actions.githubusercontent.com")
} else := false

# What the credential names first must be one thing; what follows may be any.
loose(subject, _) if {
	some part in array.slice(split(subject, ":"), 0, 2)
	contains(part, "*")
}

loose(subject, _) if not contains(subject, ":")

# Claims of GitHub that everybody can have.
loose(subject, true) if {
	split(subject, ":")[0] in {"workflow", "environment", "ref", "context", "head_ref", "base_ref"}
}

loose(subject, true) if {
	startswith(subject, "repo:")
	not regex.match(`^repo:[^/:*]+/[^/:*]+`, subject)
}
