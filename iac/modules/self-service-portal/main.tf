resource "azurerm_container_registry" "this" {
  name                = local.registry_name
  location            = var.location
  resource_group_name = var.resource_group_name
  sku                 = var.registry.sku
  tags                = var.tags

  admin_enabled                         = false
  anonymous_pull_enabled                = false
  public_network_access_enabled         = var.registry.public_access
  export_policy_enabled                 = var.registry.export_enabled || var.registry.public_access
  network_rule_bypass_option            = var.registry.trusted_services ? "AzureServices" : "None"
  network_rule_bypass_for_tasks_enabled = false
  role_assignment_mode                  = var.registry.repository_rbac ? "AbacRepositoryPermissions" : "LegacyRegistryPermissions"
  zone_redundancy_enabled               = local.premium && var.registry.zone_redundant
  data_endpoint_enabled                 = local.premium && var.registry.data_endpoint_enabled
  retention_policy_in_days              = local.premium ? var.registry.retention_days : null

  # Azure gives a premium registry rules that allow everything unless there are others.
  network_rule_set = local.premium ? [{
    default_action = var.registry.public_access && length(var.registry.allowed_ip_ranges) == 0 ? "Allow" : "Deny"
    ip_rule        = [for range in var.registry.allowed_ip_ranges : { action = "Allow", ip_range = range }]
  }] : null

  dynamic "georeplications" {
    for_each = var.registry.replica_locations

    content {
      location                        = georeplications.value
      global_endpoint_routing_enabled = true
      zone_redundancy_enabled         = var.registry.zone_redundant
      tags                            = var.tags
    }
  }

  dynamic "identity" {
    for_each = var.customer_managed_key == null ? [] : [var.customer_managed_key.user_assigned_identity_resource_id]

    content {
      type         = "UserAssigned"
      identity_ids = [identity.value]
    }
  }

  dynamic "encryption" {
    for_each = var.customer_managed_key == null ? [] : [var.customer_managed_key]

    content {
      key_vault_key_id   = encryption.value.key_id
      identity_client_id = encryption.value.user_assigned_identity_client_id
    }
  }
}
