locals {
  resource_id           = azurerm_application_gateway.this.id
  diagnostic_log_groups = toset(["allLogs"])
  diagnostic_metrics    = toset(["AllMetrics"])

  has_public  = var.public_frontend != null
  has_private = var.private_frontend != null

  default_frontend = local.has_public ? "public" : "private"
  listeners = { for name, l in var.listeners : name => merge(l, {
    frontend = coalesce(l.frontend, local.default_frontend)
    port     = coalesce(l.port, l.protocol == "Https" ? 443 : 80)
  }) }

  ports = toset([for l in local.listeners : l.port])

  public_ip_address  = one(azurerm_public_ip.this[*].ip_address)
  private_ip_address = try(var.private_frontend.private_ip_address, null)
}

locals {
  # All that the module makes: the lock is made after it and goes before it, because nothing under a lock can be deleted.
  lock_follows = [
    azurerm_application_gateway.this,
    azurerm_monitor_diagnostic_setting.this,
    azurerm_public_ip.this,
    azurerm_role_assignment.this,
    azurerm_web_application_firewall_policy.this,
  ]
}
