resource "azurerm_eventgrid_system_topic" "this" {
  count = var.expiry_events == null ? 0 : 1

  name                = coalesce(var.expiry_events.name, "evgt-${local.key_vault_name}")
  location            = var.location
  resource_group_name = var.resource_group_name
  source_resource_id  = var.key_vault.resource_id
  topic_type          = "Microsoft.KeyVault.vaults"
  tags                = var.tags

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_eventgrid_system_topic_event_subscription" "this" {
  for_each = local.event_destinations

  name                  = each.key
  system_topic          = azurerm_eventgrid_system_topic.this[0].name
  resource_group_name   = var.resource_group_name
  event_delivery_schema = "CloudEventSchemaV1_0"
  included_event_types  = local.event_types
  service_bus_queue_id  = each.value.queue
  service_bus_topic_id  = each.value.topic
  eventhub_id           = each.value.hub

  dynamic "webhook_endpoint" {
    for_each = each.value.webhook == null ? [] : [each.value.webhook]

    content {
      url = webhook_endpoint.value
    }
  }

  dynamic "delivery_identity" {
    for_each = each.value.webhook == null ? [true] : []

    content {
      type = "SystemAssigned"
    }
  }
}
