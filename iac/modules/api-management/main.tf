resource "azurerm_api_management" "this" {
  count = local.creates ? 1 : 0

  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags

  sku_name                      = var.sku_name
  zones                         = length(var.zones) == 0 ? null : var.zones
  publisher_name                = try(var.publisher.name, null)
  publisher_email               = try(var.publisher.email, null)
  notification_sender_email     = try(var.publisher.notification_email, null)
  min_api_version               = var.min_api_version
  public_network_access_enabled = var.public_network_access_enabled
  virtual_network_type          = var.virtual_network == null ? "None" : var.virtual_network.type
  public_ip_address_id          = try(var.virtual_network.public_ip_resource_id, null)

  dynamic "virtual_network_configuration" {
    for_each = var.virtual_network == null ? [] : [var.virtual_network]

    content {
      subnet_id = virtual_network_configuration.value.subnet_resource_id
    }
  }

  dynamic "identity" {
    for_each = local.identity_type == "" ? [] : [local.identity_type]

    content {
      type         = identity.value
      identity_ids = length(var.managed_identities.user_assigned_resource_ids) == 0 ? null : values(var.managed_identities.user_assigned_resource_ids)
    }
  }

  dynamic "additional_location" {
    for_each = var.additional_locations

    content {
      location             = additional_location.key
      capacity             = additional_location.value.capacity
      zones                = length(additional_location.value.zones) == 0 ? null : additional_location.value.zones
      public_ip_address_id = additional_location.value.public_ip_resource_id
      gateway_disabled     = additional_location.value.gateway_disabled

      dynamic "virtual_network_configuration" {
        for_each = additional_location.value.subnet_resource_id == null ? [] : [additional_location.value.subnet_resource_id]

        content {
          subnet_id = virtual_network_configuration.value
        }
      }
    }
  }

  dynamic "hostname_configuration" {
    for_each = length(var.hostnames) == 0 ? [] : [var.hostnames]

    content {
      dynamic "proxy" {
        for_each = { for key, h in hostname_configuration.value : key => h if h.endpoint == "gateway" }

        content {
          host_name                       = proxy.value.host_name
          key_vault_certificate_id        = proxy.value.key_vault_certificate_id
          ssl_keyvault_identity_client_id = proxy.value.identity_client_id
          default_ssl_binding             = proxy.value.default_ssl_binding
          negotiate_client_certificate    = proxy.value.negotiate_client_certificate
        }
      }

      dynamic "management" {
        for_each = { for key, h in hostname_configuration.value : key => h if h.endpoint == "management" }

        content {
          host_name                       = management.value.host_name
          key_vault_certificate_id        = management.value.key_vault_certificate_id
          ssl_keyvault_identity_client_id = management.value.identity_client_id
          negotiate_client_certificate    = management.value.negotiate_client_certificate
        }
      }

      dynamic "developer_portal" {
        for_each = { for key, h in hostname_configuration.value : key => h if h.endpoint == "developer_portal" }

        content {
          host_name                       = developer_portal.value.host_name
          key_vault_certificate_id        = developer_portal.value.key_vault_certificate_id
          ssl_keyvault_identity_client_id = developer_portal.value.identity_client_id
          negotiate_client_certificate    = developer_portal.value.negotiate_client_certificate
        }
      }
    }
  }

  protocols {
    http2_enabled = true
  }

  security {
    backend_ssl30_enabled                               = false
    backend_tls10_enabled                               = false
    backend_tls11_enabled                               = false
    frontend_ssl30_enabled                              = false
    frontend_tls10_enabled                              = false
    frontend_tls11_enabled                              = false
    tls_ecdhe_ecdsa_with_aes128_cbc_sha_ciphers_enabled = false
    tls_ecdhe_ecdsa_with_aes256_cbc_sha_ciphers_enabled = false
    tls_ecdhe_rsa_with_aes128_cbc_sha_ciphers_enabled   = false
    tls_ecdhe_rsa_with_aes256_cbc_sha_ciphers_enabled   = false
    tls_rsa_with_aes128_cbc_sha256_ciphers_enabled      = false
    tls_rsa_with_aes128_cbc_sha_ciphers_enabled         = false
    tls_rsa_with_aes128_gcm_sha256_ciphers_enabled      = false
    tls_rsa_with_aes256_cbc_sha256_ciphers_enabled      = false
    tls_rsa_with_aes256_cbc_sha_ciphers_enabled         = false
    tls_rsa_with_aes256_gcm_sha384_ciphers_enabled      = false
    triple_des_ciphers_enabled                          = false
  }

  lifecycle {
    precondition {
      condition     = var.publisher != null
      error_message = "A new service needs a publisher."
    }
  }
}

data "azurerm_api_management" "existing" {
  count = local.creates ? 0 : 1

  name                = local.existing_id_parts[8]
  resource_group_name = local.existing_id_parts[4]
}

resource "azurerm_api_management_policy" "this" {
  count = var.policy == null ? 0 : 1

  api_management_id = local.resource_id
  xml_content       = local.policy_xml["service"]

  depends_on = [azurerm_api_management_backend.this, azurerm_api_management_named_value.this]
}
