# What the gateway's documents are on Azure: documents.json is written by the test of the
# translation, from the documents that the gateway itself is asked for.
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

run "apis_of_documents" {
  variables {
    existing_service = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.ApiManagement/service/apim-lz" }
    apis             = jsondecode(file("tests/documents.json")).apis
    backends         = jsondecode(file("tests/documents.json")).backends
    products         = jsondecode(file("tests/documents.json")).products
  }

  assert {
    condition     = toset([for p in azurerm_api_management_product.this : p.display_name]) == toset(["shop: Items, basic", "shop: Items, Gold"]) && length(azurerm_api_management_subscription.this) == 0
    error_message = "each plan is a product, and nobody's keys are made here"
  }

  assert {
    condition     = length(azurerm_api_management_product_api.this) == 4 && length(azurerm_api_management_product_policy.this) == 2 && length(azurerm_api_management_product_group.this) == 2
    error_message = "products open the APIs of both hosts, count, and are seen by developers"
  }

  assert {
    condition     = one(azurerm_api_management_api.this["shop-partners-dev-shop-localhost-c1e288"].subscription_key_parameter_names).header == "X-Subscription-Key"
    error_message = "keys are where the documents say"
  }

  assert {
    condition     = toset([for a in azurerm_api_management_api.this : a.path]) == toset(["shop.dev.shop.localhost", "partners.dev.shop.localhost", "_.partners.dev.shop.localhost"])
    error_message = "each host is an API"
  }

  assert {
    condition     = alltrue([for p in azurerm_api_management_api_policy.this : startswith(p.xml_content, "<policies>")]) && length(azurerm_api_management_api_policy.this) == 3
    error_message = "each API has its policy"
  }

  assert {
    condition     = one(one(azurerm_api_management_backend.this["shop-items-next-http-fa4b4a-09a64b"].circuit_breaker_rule).failure_condition).percentage == 50
    error_message = "a breaker opens after a share of failures"
  }

  assert {
    condition     = length(azurerm_api_management_api_operation.this) == 21
    error_message = "all paths are passed on, whatever the method"
  }
}

run "an_external_cache" {
  variables {
    publisher                        = { name = "Shop", email = "shop@example.com" }
    external_cache                   = { redis_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.Cache/redisEnterprise/redis-shop" }
    external_cache_connection_string = "redis:10000,password=x,ssl=True"
  }

  assert {
    condition     = one(azurerm_api_management_redis_cache.this).cache_location == "default" && one(azurerm_api_management_redis_cache.this).name == "external"
    error_message = "the cache is that of all regions"
  }
}

run "a_cache_needs_its_connection" {
  command = plan

  variables {
    publisher      = { name = "Shop", email = "shop@example.com" }
    external_cache = {}
  }

  expect_failures = [var.external_cache_connection_string]
}

run "a_breaker_opens_by_one_thing" {
  command = plan

  variables {
    publisher = { name = "Shop", email = "shop@example.com" }
    backends  = { a = { url = "https://a.example.com", circuit_breaker = { failures = 1, percentage = 2 } } }
  }

  expect_failures = [var.backends]
}
