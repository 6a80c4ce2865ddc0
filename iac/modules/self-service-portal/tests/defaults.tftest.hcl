mock_provider "azurerm" {
  mock_resource "azurerm_container_registry" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-shop/providers/Microsoft.ContainerRegistry/registries/shop" }
  }
  mock_resource "azurerm_container_app_environment" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-shop/providers/Microsoft.App/managedEnvironments/cae-shop" }
  }
}

variables {
  name                = "shop-dev"
  location            = "westeurope"
  resource_group_name = "rg-shop"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "a_registry_that_is_closed" {
  variables {
    lock                = { kind = "CanNotDelete" }
    private_endpoints   = { registry = { subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/pe" } }
    diagnostic_settings = { all = { workspace_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.OperationalInsights/workspaces/log" } }
  }

  assert {
    condition     = azurerm_container_registry.this.name == "shopdev" && azurerm_container_registry.this.sku == "Premium" && azurerm_container_registry.this.zone_redundancy_enabled
    error_message = "The registry is Premium, in every zone, with the letters and digits of the name."
  }

  assert {
    condition     = !azurerm_container_registry.this.admin_enabled && !azurerm_container_registry.this.anonymous_pull_enabled && !azurerm_container_registry.this.public_network_access_enabled && !azurerm_container_registry.this.export_policy_enabled
    error_message = "The registry has no admin, no anonymous pull, no public access, and exports nothing."
  }

  assert {
    condition     = azurerm_container_registry.this.tags == tomap({ costcenter = "cc-1", env = "dev", owner = "shop" }) && azurerm_private_endpoint.this["registry"].private_service_connection[0].subresource_names[0] == "registry"
    error_message = "The registry carries the tags, and its private endpoint leads to it."
  }

  assert {
    condition     = length(azurerm_container_app_environment.this) == 0 && output.url == null
    error_message = "Without an environment there is no portal."
  }
}

run "a_portal_behind_an_internal_load_balancer" {
  command = plan

  variables {
    environment = {
      subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/apps"
      workspace_id       = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.OperationalInsights/workspaces/log"
    }
    portal = {
      image                = "registry.example.com/terrace:1.0.0"
      identity_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-shop/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-portal"
      secrets              = { DATABASE_URL = "https://kv.vault.azure.net/secrets/database-url" }
    }
  }

  assert {
    condition     = azurerm_container_app_environment.this[0].internal_load_balancer_enabled && azurerm_container_app_environment.this[0].public_network_access == "Disabled" && azurerm_container_app_environment.this[0].logs_destination == "log-analytics"
    error_message = "The environment is internal, and its logs go to the workspace."
  }

  assert {
    condition     = !azurerm_container_app.portal[0].ingress[0].allow_insecure_connections && azurerm_container_app.portal[0].identity[0].type == "UserAssigned"
    error_message = "The portal takes HTTPS alone and is a user-assigned identity."
  }

  assert {
    condition     = one([for e in azurerm_container_app.portal[0].template[0].container[0].env : e.secret_name if e.name == "DATABASE_URL"]) == "database-url"
    error_message = "A secret is a reference, not a value."
  }
}
