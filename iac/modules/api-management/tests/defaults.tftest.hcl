mock_provider "azurerm" {
  mock_resource "azurerm_api_management" {
    defaults = {
      id          = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-api/providers/Microsoft.ApiManagement/service/apim-shop"
      gateway_url = "https://apim-shop.azure-api.net"
    }
  }

  mock_resource "azurerm_api_management_logger" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-api/providers/Microsoft.ApiManagement/service/apim-shop/loggers/application-insights"
    }
  }

  mock_resource "azurerm_api_management_api" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-api/providers/Microsoft.ApiManagement/service/apim-shop/apis/a;rev=1"
    }
  }

  mock_resource "azurerm_api_management_product" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-api/providers/Microsoft.ApiManagement/service/apim-shop/products/a"
    }
  }

  mock_resource "azurerm_private_endpoint" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-api/providers/Microsoft.Network/privateEndpoints/pe-apim"
    }
  }

  mock_data "azurerm_api_management" {
    defaults = {
      id          = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.ApiManagement/service/apim-lz"
      gateway_url = "https://apim-lz.azure-api.net"
    }
  }
}

variables {
  name                = "apim-shop"
  location            = "westeurope"
  resource_group_name = "rg-api"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "secure_by_default" {
  variables {
    publisher                              = { name = "Shop", email = "shop@example.com" }
    managed_identities                     = { system_assigned = true }
    public_network_access_enabled          = false
    private_endpoints                      = { gateway = { subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/pe" } }
    application_insights                   = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.Insights/components/appi" }
    application_insights_connection_string = "InstrumentationKey=00000000-0000-0000-0000-000000000000"
    policy                                 = { rate_limit = { calls = 10, renewal_period_seconds = 60, counter_key = "@(context.Request.IpAddress)" } }
    named_values                           = { key = { key_vault_secret_id = "https://kv-shop.vault.azure.net/secrets/key" } }
  }

  assert {
    condition = !anytrue([
      azurerm_api_management.this[0].security[0].backend_tls10_enabled, azurerm_api_management.this[0].security[0].backend_tls11_enabled, azurerm_api_management.this[0].security[0].frontend_tls10_enabled,
      azurerm_api_management.this[0].security[0].frontend_tls11_enabled, azurerm_api_management.this[0].security[0].frontend_ssl30_enabled, azurerm_api_management.this[0].security[0].triple_des_ciphers_enabled,
    ])
    error_message = "TLS 1.2 and better only"
  }

  assert {
    condition     = !azurerm_api_management.this[0].public_network_access_enabled && azurerm_private_endpoint.this["gateway"].private_service_connection[0].subresource_names[0] == "Gateway" && azurerm_api_management.this[0].min_api_version == "2021-08-01"
    error_message = "the service must be private and its management API new"
  }

  assert {
    condition     = azurerm_api_management_named_value.this["key"].secret && azurerm_api_management_logger.this[0].application_insights[0].identity_client_id == "SystemAssigned" && azurerm_api_management_diagnostic.this[0].frontend_request[0].body_bytes == 0
    error_message = "secrets must come from Key Vault, logs go by the identity and without bodies"
  }

  assert {
    condition     = strcontains(azurerm_api_management_policy.this[0].xml_content, "<rate-limit-by-key calls=\"10\" renewal-period=\"60\" counter-key=\"@(context.Request.IpAddress)\" />") && !strcontains(azurerm_api_management_policy.this[0].xml_content, "<base />")
    error_message = "the policy must be written from its data"
  }

  assert {
    condition     = output.gateway_host == "apim-shop.azure-api.net" && output.url == null && azurerm_api_management.this[0].tags["env"] == "dev"
    error_message = "outputs and tags must be right"
  }
}

run "apis_in_an_existing_service" {
  variables {
    name             = "shop"
    existing_service = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.ApiManagement/service/apim-lz" }
    backends         = { cluster = { url = "https://shop.internal" } }
    apis = {
      orders = {
        path   = "shop/orders"
        policy = { backend = "cluster", rate_limit = { calls = 5, renewal_period_seconds = 10 }, request_headers = { X-Team = "R&D" } }
      }
    }
  }

  assert {
    condition     = length(azurerm_api_management.this) == 0 && azurerm_api_management_api.this["orders"].api_management_name == "apim-lz" && azurerm_api_management_api.this["orders"].resource_group_name == "rg-lz" && azurerm_api_management_api.this["orders"].name == "shop-orders"
    error_message = "only the API may be made, named after the module"
  }

  assert {
    condition     = azurerm_api_management_api.this["orders"].subscription_required && azurerm_api_management_api.this["orders"].protocols == toset(["https"]) && azurerm_api_management_backend.this["cluster"].tls[0].validate_certificate_chain
    error_message = "HTTPS with a subscription, backends with a checked certificate"
  }

  assert {
    condition     = length(azurerm_api_management_api_operation.this) == 7 && azurerm_api_management_api_operation.this["orders/proxy-get"].url_template == "/*"
    error_message = "an API without operations passes every path on"
  }

  assert {
    condition = alltrue([for part in ["<base />", "<set-backend-service backend-id=\"shop-cluster\" />", "<rate-limit calls=\"5\" renewal-period=\"10\" />", "<value>R&amp;D</value>"] :
      strcontains(azurerm_api_management_api_policy.this["orders"].xml_content, part)
    ])
    error_message = "the API's policy must be written from its data"
  }

  assert {
    condition     = output.url == "https://apim-lz.azure-api.net/shop/orders" && output.host == "apim-lz.azure-api.net"
    error_message = "url and host must be the service's"
  }
}

run "products_and_subscriptions" {
  variables {
    publisher     = { name = "Shop", email = "shop@example.com" }
    hostnames     = { api = { host_name = "api.example.com", key_vault_certificate_id = "https://kv-shop.vault.azure.net/secrets/api" } }
    products      = { partners = { groups = ["developers"], policy = { quota = { calls = 100, renewal_period_seconds = 3600 } } } }
    subscriptions = { billing = { product = "partners" }, own = { api = "orders" } }
    apis          = { orders = { service_url = "https://orders.internal", products = ["partners"], operations = { list = { method = "GET", url_template = "/" } } } }
  }

  assert {
    condition     = azurerm_api_management_product.this["partners"].approval_required && keys(azurerm_api_management_product_api.this) == ["partners/orders"] && keys(azurerm_api_management_product_group.this) == ["partners/developers"]
    error_message = "a product wants approval and has its APIs and groups"
  }

  assert {
    condition     = !azurerm_api_management_subscription.this["billing"].allow_tracing && endswith(azurerm_api_management_subscription.this["own"].api_id, "/apis/a") && keys(azurerm_api_management_api_operation.this) == ["orders/list"]
    error_message = "subscriptions must be as asked"
  }

  assert {
    condition     = output.url == "https://api.example.com/orders"
    error_message = "a host name of one's own comes first"
  }
}
