resource "azurerm_eventhub_namespace" "this" {
  count = local.creates ? 1 : 0

  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags

  sku                      = var.sku
  capacity                 = var.capacity
  auto_inflate_enabled     = var.maximum_throughput_units != null
  maximum_throughput_units = var.maximum_throughput_units

  local_authentication_enabled  = var.local_authentication_enabled
  public_network_access_enabled = var.public_network_access_enabled
  minimum_tls_version           = "1.2"

  network_rulesets = [{
    default_action                 = "Deny"
    public_network_access_enabled  = var.public_network_access_enabled
    trusted_service_access_enabled = var.network_rules.trusted_services_allowed

    ip_rule = [for mask in var.network_rules.ip_rules : {
      ip_mask = mask
      action  = "Allow"
    }]

    virtual_network_rule = [for id in values(var.network_rules.subnet_resource_ids) : {
      subnet_id                                       = id
      ignore_missing_virtual_network_service_endpoint = false
    }]
  }]

  dynamic "identity" {
    for_each = local.identity_type == "" ? [] : [local.identity_type]

    content {
      type         = identity.value
      identity_ids = local.has_user_assigned_identity ? local.identity_ids : null
    }
  }
}

resource "azurerm_eventhub_namespace_customer_managed_key" "this" {
  count = var.customer_managed_key == null ? 0 : 1

  eventhub_namespace_id             = local.namespace_id
  key_vault_key_ids                 = [var.customer_managed_key.key_id]
  user_assigned_identity_id         = var.customer_managed_key.user_assigned_identity_resource_id
  infrastructure_encryption_enabled = var.customer_managed_key.infrastructure_encryption_enabled
}

data "azurerm_eventhub_namespace" "existing" {
  count = local.creates ? 0 : 1

  name                = local.existing_id_parts[8]
  resource_group_name = local.existing_id_parts[4]
}

resource "azurerm_eventhub_namespace_schema_group" "this" {
  for_each = var.schema_groups

  name                 = local.schema_group_names[each.key]
  namespace_id         = local.namespace_id
  schema_type          = each.value.schema_type
  schema_compatibility = each.value.schema_compatibility
}
