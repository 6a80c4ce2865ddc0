locals {
  creates = var.existing_identity == null

  existing_id_parts = local.creates ? [] : split("/", var.existing_identity.resource_id)

  identity_id  = local.creates ? azurerm_user_assigned_identity.this[0].id : var.existing_identity.resource_id
  principal_id = local.creates ? azurerm_user_assigned_identity.this[0].principal_id : data.azurerm_user_assigned_identity.existing[0].principal_id

  # What the lock and roles on the identity act on.
  resource_id = local.identity_id

  audience = "api://AzureADTokenExchange"

  github_credentials = {
    for e in try(var.github.environments, []) : "github-${replace(lower(e), "/[^a-z0-9-]/", "-")}" => {
      issuer   = var.github.issuer
      subject  = "repo:${var.github.organization}/${var.github.repository}:environment:${e}"
      audience = local.audience
    }
  }

  service_account_credentials = {
    for key, a in var.service_accounts : "kubernetes-${key}" => {
      issuer   = a.issuer
      subject  = "system:serviceaccount:${a.namespace}:${a.service_account}"
      audience = local.audience
    }
  }

  credentials = merge(local.github_credentials, local.service_account_credentials, var.credentials)
}

locals {
  # All that the module makes: the lock is made after it and goes before it, because nothing under a lock can be deleted.
  lock_follows = [
    azurerm_federated_identity_credential.this,
    azurerm_role_assignment.granted,
    azurerm_role_assignment.this,
    azurerm_user_assigned_identity.this,
  ]
}
