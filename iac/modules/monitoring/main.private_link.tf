resource "azurerm_monitor_private_link_scope" "this" {
  count = var.private_link_scope == null ? 0 : 1

  name                  = coalesce(var.private_link_scope.name, "ampls-${var.name}")
  resource_group_name   = var.resource_group_name
  ingestion_access_mode = var.private_link_scope.ingestion_access_mode
  query_access_mode     = var.private_link_scope.query_access_mode
  tags                  = var.tags
}

resource "azurerm_monitor_private_link_scoped_service" "this" {
  for_each = var.private_link_scope == null ? {} : local.scoped_services

  name                = "scoped-${each.key}"
  resource_group_name = var.resource_group_name
  scope_name          = azurerm_monitor_private_link_scope.this[0].name
  linked_resource_id  = each.value
}

# The private endpoints are those of the scope: a workspace has none of its own.
resource "azurerm_private_endpoint" "this" {
  for_each = var.private_endpoints

  name                          = coalesce(each.value.name, "pe-${var.name}-${each.key}")
  location                      = var.location
  resource_group_name           = coalesce(each.value.resource_group_name, var.resource_group_name)
  subnet_id                     = each.value.subnet_resource_id
  custom_network_interface_name = "nic-${coalesce(each.value.name, "pe-${var.name}-${each.key}")}"
  tags                          = var.tags

  private_service_connection {
    name                           = "psc-${var.name}-${each.key}"
    private_connection_resource_id = azurerm_monitor_private_link_scope.this[0].id
    is_manual_connection           = false
    subresource_names              = ["azuremonitor"]
  }

  dynamic "private_dns_zone_group" {
    for_each = length(each.value.private_dns_zone_resource_ids) > 0 ? [true] : []

    content {
      name                 = "default"
      private_dns_zone_ids = values(each.value.private_dns_zone_resource_ids)
    }
  }

  depends_on = [azurerm_monitor_private_link_scoped_service.this]
}
