locals {
  # The registry is the main resource: it has the private endpoints, the diagnostics, the roles and the lock.
  resource_id                  = azurerm_container_registry.this.id
  registry_name                = coalesce(var.registry.name, replace(lower(var.name), "/[^a-z0-9]/", ""))
  private_endpoint_subresource = "registry"
  diagnostic_log_groups        = toset(["allLogs"])
  diagnostic_metrics           = toset(["AllMetrics"])

  premium = var.registry.sku == "Premium"
}

locals {
  # All that the module makes: the lock is made after it and goes before it, because nothing under a lock can be deleted.
  lock_follows = [
    azurerm_container_app.portal,
    azurerm_container_app_environment.this,
    azurerm_container_registry.this,
    azurerm_monitor_diagnostic_setting.this,
    azurerm_private_endpoint.this,
    azurerm_role_assignment.this,
  ]
}
