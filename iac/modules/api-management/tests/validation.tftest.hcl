mock_provider "azurerm" {}

variables {
  name                = "apim-shop"
  location            = "westeurope"
  resource_group_name = "rg-api"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
  publisher           = { name = "Shop", email = "shop@example.com" }
}

run "what_has_bounds" {
  command = plan

  variables {
    tags                          = { env = "dev" }
    sku_name                      = "Basic_1"
    publisher                     = { name = "Shop", email = "shop" }
    public_network_access_enabled = false
    min_api_version               = "latest"
    hostnames                     = { scm = { host_name = "scm.example.com", endpoint = "scm", key_vault_certificate_id = "https://kv-shop.vault.azure.net/secrets/scm" } }
    policy                        = { rate_limit = { calls = 10, renewal_period_seconds = 3600 } }
    named_values                  = { key = {} }
    backends                      = { cluster = { url = "shop.internal" } }
    openid_connect_providers      = { entra = { client_id = "a", metadata_endpoint = "http://login.example.com" } }
  }

  expect_failures = [
    var.tags,
    var.sku_name,
    var.publisher,
    var.public_network_access_enabled,
    var.min_api_version,
    var.hostnames,
    var.policy,
    var.named_values,
    var.backends,
    var.openid_connect_providers,
  ]
}

run "what_refers_to_something_else" {
  command = plan

  variables {
    zones                = ["1"]
    virtual_network      = { subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/apim" }
    additional_locations = { northeurope = {} }
    application_insights = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.Insights/components/appi" }
    products             = { free = { subscription_required = false } }

    openid_connect_providers = { entra = { client_id = "a", metadata_endpoint = "https://login.example.com" } }
  }

  expect_failures = [
    var.zones,
    var.virtual_network,
    var.additional_locations,
    var.application_insights_connection_string,
    var.products,
    var.openid_connect_client_secrets,
  ]
}

run "an_api_needs_somewhere_to_go" {
  command = plan

  variables {
    apis = { orders = { path = "/orders", products = ["none"] } }
  }

  expect_failures = [var.apis]
}

run "a_subscription_is_to_something" {
  command = plan

  variables {
    subscriptions = { none = {} }
  }

  expect_failures = [var.subscriptions]
}

run "what_an_existing_service_refuses" {
  command = plan

  variables {
    existing_service = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.ApiManagement/service/apim-lz" }
    lock             = { kind = "CanNotDelete" }
  }

  expect_failures = [var.existing_service]
}

run "a_new_service_needs_a_publisher" {
  command = plan

  variables {
    publisher = null
  }

  expect_failures = [azurerm_api_management.this]
}
