resource "azurerm_servicebus_namespace" "this" {
  count = local.creates ? 1 : 0

  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags

  sku                          = var.sku
  capacity                     = var.sku == "Premium" ? var.capacity : 0
  premium_messaging_partitions = var.sku == "Premium" ? var.premium_messaging_partitions : 0

  local_auth_enabled            = var.local_authentication_enabled
  public_network_access_enabled = var.public_network_access_enabled
  minimum_tls_version           = "1.2"

  dynamic "network_rule_set" {
    for_each = var.sku == "Premium" ? [var.network_rules] : []

    content {
      # Azure takes Deny only together with a rule; without public access the action does not matter.
      default_action                = local.has_network_rules ? "Deny" : "Allow"
      public_network_access_enabled = var.public_network_access_enabled
      trusted_services_allowed      = network_rule_set.value.trusted_services_allowed
      ip_rules                      = network_rule_set.value.ip_rules

      dynamic "network_rules" {
        for_each = network_rule_set.value.subnet_resource_ids

        content {
          subnet_id                            = network_rules.value
          ignore_missing_vnet_service_endpoint = false
        }
      }
    }
  }

  dynamic "identity" {
    for_each = local.identity_type == "" ? [] : [local.identity_type]

    content {
      type         = identity.value
      identity_ids = local.has_user_assigned_identity ? local.identity_ids : null
    }
  }

  dynamic "customer_managed_key" {
    for_each = var.customer_managed_key == null ? [] : [var.customer_managed_key]

    content {
      key_vault_key_id                  = customer_managed_key.value.key_id
      identity_id                       = customer_managed_key.value.user_assigned_identity_resource_id
      infrastructure_encryption_enabled = customer_managed_key.value.infrastructure_encryption_enabled
    }
  }
}

data "azurerm_servicebus_namespace" "existing" {
  count = local.creates ? 0 : 1

  name                = local.existing_id_parts[8]
  resource_group_name = local.existing_id_parts[4]
}
