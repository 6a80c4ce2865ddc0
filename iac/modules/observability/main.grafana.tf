resource "azurerm_dashboard_grafana" "this" {
  count = var.grafana == null ? 0 : 1

  name                              = var.grafana.name
  location                          = var.location
  resource_group_name               = var.resource_group_name
  sku                               = "Standard"
  grafana_major_version             = var.grafana.major_version
  zone_redundancy_enabled           = var.zone_redundant
  public_network_access_enabled     = var.public_network_access_enabled
  api_key_enabled                   = var.grafana.api_key_enabled
  deterministic_outbound_ip_enabled = var.grafana.deterministic_outbound_ip_enabled
  tags                              = var.tags

  azure_monitor_workspace_integrations {
    resource_id = azurerm_monitor_workspace.this.id
  }

  identity {
    type         = local.grafana_user_assigned ? "UserAssigned" : "SystemAssigned"
    identity_ids = local.grafana_user_assigned ? values(var.grafana.user_assigned_identity_resource_ids) : null
  }
}

# Grafana reads the workspace's metrics, and has no other role.
resource "azurerm_role_assignment" "grafana" {
  count = var.grafana == null || local.grafana_user_assigned ? 0 : 1

  scope                = azurerm_monitor_workspace.this.id
  role_definition_name = "Monitoring Data Reader"
  principal_id         = azurerm_dashboard_grafana.this[0].identity[0].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "grafana_users" {
  for_each = var.grafana == null ? {} : var.grafana.role_assignments

  scope                = azurerm_dashboard_grafana.this[0].id
  role_definition_name = each.value.role
  principal_id         = each.value.principal_id
  principal_type       = each.value.principal_type
}

# The workspace is private, so Grafana reaches it from within Azure's network. Who owns the workspace approves the connection.
resource "azurerm_dashboard_grafana_managed_private_endpoint" "this" {
  count = var.grafana == null || var.public_network_access_enabled ? 0 : 1

  grafana_id                   = azurerm_dashboard_grafana.this[0].id
  name                         = "metrics"
  location                     = var.location
  private_link_resource_id     = azurerm_monitor_workspace.this.id
  private_link_resource_region = var.location
  group_ids                    = ["prometheusMetrics"]
  request_message              = "Grafana ${var.grafana.name} reads the metrics of ${var.name}."
  tags                         = var.tags
}

resource "azurerm_private_endpoint" "grafana" {
  for_each = var.grafana == null ? {} : var.grafana.private_endpoints

  name                          = coalesce(each.value.name, "pe-${var.grafana.name}-${each.key}")
  location                      = var.location
  resource_group_name           = var.resource_group_name
  subnet_id                     = each.value.subnet_resource_id
  custom_network_interface_name = "nic-${coalesce(each.value.name, "pe-${var.grafana.name}-${each.key}")}"
  tags                          = var.tags

  private_service_connection {
    name                           = "psc-${var.grafana.name}-${each.key}"
    private_connection_resource_id = azurerm_dashboard_grafana.this[0].id
    is_manual_connection           = false
    subresource_names              = ["grafana"]
  }

  dynamic "private_dns_zone_group" {
    for_each = length(each.value.private_dns_zone_resource_ids) > 0 ? [true] : []

    content {
      name                 = "default"
      private_dns_zone_ids = values(each.value.private_dns_zone_resource_ids)
    }
  }
}
