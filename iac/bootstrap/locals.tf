data "azurerm_client_config" "current" {}

locals {
  # What a stage's identities are for. A workflow signs in as one of them by the
  # GitHub environment that its job runs in: <stage>-plan has no reviewers and
  # reads, <stage> has them and writes.
  phases = {
    plan  = { environment_suffix = "-plan", state_role = "Storage Blob Data Reader" }
    apply = { environment_suffix = "", state_role = "Storage Blob Data Contributor" }
  }

  identities = merge([
    for stage, s in var.stages : {
      for phase, p in local.phases : "${stage}-${phase}" => {
        stage       = stage
        phase       = phase
        environment = "${stage}${p.environment_suffix}"
        state_role  = p.state_role
        scope       = "/subscriptions/${coalesce(s.subscription_id, data.azurerm_client_config.current.subscription_id)}"
      }
    }
  ]...)

  # Reader reads everything but keys, secrets and data.
  plan_roles = toset(["Reader"])

  # Contributor may write neither locks nor policies, and nothing that is in a
  # vault.
  apply_roles = toset([
    "Contributor", "Locks Contributor", "Resource Policy Contributor",
    "Key Vault Certificates Officer", "Key Vault Crypto Officer", "Key Vault Secrets Officer",
  ])

  subscription_roles = merge(
    merge([for key, i in local.identities : { for role in local.plan_roles : "${key} ${role}" => merge(i, { key = key, role = role }) } if i.phase == "plan"]...),
    merge([for key, i in local.identities : { for role in local.apply_roles : "${key} ${role}" => merge(i, { key = key, role = role }) } if i.phase == "apply"]...),
  )

  assignable_roles = join(", ", sort(values(var.assignable_roles)))

  only_assignable_roles = join(" AND ", [
    for action, attributes in { write = "@Request", delete = "@Resource" } : join(" OR ", [
      "(!(ActionMatches{'Microsoft.Authorization/roleAssignments/${action}'})",
      join(" AND ", [
        "(${attributes}[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${local.assignable_roles}}",
        "${attributes}[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'}))",
      ]),
    ])
  ])
}
