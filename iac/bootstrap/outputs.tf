output "tenant_id" {
  description = "Tenant of the identities: the variable AZURE_TENANT_ID of each GitHub environment."
  value       = data.azurerm_client_config.current.tenant_id
}

output "environments" {
  description = "GitHub environments, each with the values of its variables AZURE_CLIENT_ID and AZURE_SUBSCRIPTION_ID."
  value = {
    for key, i in local.identities : i.environment => {
      client_id       = azurerm_user_assigned_identity.this[key].client_id
      subscription_id = trimprefix(i.scope, "/subscriptions/")
    }
  }
}

output "identities" {
  description = "Identities by <stage>-<phase>, with the resource, the client and the principal id of each."
  value = {
    for key, i in azurerm_user_assigned_identity.this : key => {
      resource_id  = i.id
      client_id    = i.client_id
      principal_id = i.principal_id
    }
  }
}

output "backends" {
  description = "What environments/<stage>/backend.tfvars holds, by stage, and that of this module under bootstrap; with the container's resource id."
  value = {
    for stage, c in azurerm_storage_container.this : stage => {
      resource_group_name  = azurerm_resource_group.this.name
      storage_account_name = azurerm_storage_account.this.name
      container_name       = c.name
      key                  = stage == "bootstrap" ? "bootstrap.tfstate" : "landing-zone.tfstate"

      container_resource_id = c.id
    }
  }
}
