resource "azurerm_api_management_named_value" "this" {
  for_each = var.named_values

  name                = local.named_value_names[each.key]
  api_management_name = local.service_name
  resource_group_name = local.resource_group_name
  display_name        = coalesce(each.value.display_name, local.named_value_names[each.key])
  value               = each.value.value
  secret              = each.value.key_vault_secret_id != null
  tags                = each.value.tags

  dynamic "value_from_key_vault" {
    for_each = each.value.key_vault_secret_id == null ? [] : [each.value]

    content {
      secret_id          = value_from_key_vault.value.key_vault_secret_id
      identity_client_id = value_from_key_vault.value.identity_client_id
    }
  }

  depends_on = [azurerm_role_assignment.this]
}

resource "azurerm_api_management_backend" "this" {
  for_each = var.backends

  name                = local.backend_names[each.key]
  api_management_name = local.service_name
  resource_group_name = local.resource_group_name
  protocol            = "http"
  url                 = each.value.url
  description         = each.value.description
  resource_id         = each.value.resource_id

  tls {
    validate_certificate_chain = each.value.check_chain
    validate_certificate_name  = each.value.check_name
  }

  dynamic "circuit_breaker_rule" {
    for_each = each.value.circuit_breaker == null ? [] : [each.value.circuit_breaker]

    content {
      name                       = "breaker"
      trip_duration              = circuit_breaker_rule.value.trip_duration
      accept_retry_after_enabled = circuit_breaker_rule.value.accept_retry_after

      failure_condition {
        count             = circuit_breaker_rule.value.failures
        percentage        = circuit_breaker_rule.value.percentage
        interval_duration = circuit_breaker_rule.value.interval

        status_code_range {
          min = circuit_breaker_rule.value.status_codes.min
          max = circuit_breaker_rule.value.status_codes.max
        }
      }
    }
  }

  # A backend goes after the policies that named it have been changed.
  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_api_management_openid_connect_provider" "this" {
  for_each = var.openid_connect_providers

  name                = local.openid_names[each.key]
  api_management_name = local.service_name
  resource_group_name = local.resource_group_name
  display_name        = coalesce(each.value.display_name, local.openid_names[each.key])
  description         = each.value.description
  client_id           = each.value.client_id
  client_secret       = var.openid_connect_client_secrets[each.key]
  metadata_endpoint   = each.value.metadata_endpoint
}

resource "azurerm_api_management_redis_cache" "this" {
  count = var.external_cache == null ? 0 : 1

  name              = coalesce(var.external_cache.name, "external")
  api_management_id = local.resource_id
  connection_string = var.external_cache_connection_string
  description       = "Answers that policies keep."
  redis_cache_id    = var.external_cache.redis_resource_id
  cache_location    = var.external_cache.location
}
