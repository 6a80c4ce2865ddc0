mock_provider "azurerm" {
  mock_data "azurerm_client_config" {
    defaults = {
      subscription_id = "00000000-0000-0000-0000-000000000001"
      tenant_id       = "00000000-0000-0000-0000-000000000002"
    }
  }
  mock_resource "azurerm_policy_definition" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Authorization/policyDefinitions/mock" }
  }
  mock_resource "azurerm_policy_set_definition" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Authorization/policySetDefinitions/mock" }
  }
  mock_resource "azurerm_management_group_policy_set_definition" {
    defaults = { id = "/providers/Microsoft.Management/managementGroups/corp/providers/Microsoft.Authorization/policySetDefinitions/mock" }
  }
  mock_resource "azurerm_resource_group_policy_assignment" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-shop/providers/Microsoft.Authorization/policyAssignments/mock" }
  }
}

variables {
  name                = "shop"
  location            = "westeurope"
  resource_group_name = "rg-shop"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
  scope               = "/subscriptions/00000000-0000-0000-0000-000000000001"
}

run "what_is_refused" {
  command = plan

  variables {
    tags              = { env = "dev" }
    scope             = "shop"
    effects           = { unknown = "Deny" }
    default_effect    = "Modify"
    allowed_locations = ["West Europe"]
    standards         = ["pci"]
    assignments       = { own = { policy_definition_id = "own" } }
    defender_plans    = { KeyVaults = { tier = "Gold" } }
    security_contact  = { email = "nobody" }
  }

  expect_failures = [
    var.tags, var.scope, var.effects, var.default_effect, var.allowed_locations, var.standards, var.assignments,
    var.defender_plans, var.security_contact,
  ]
}

run "exemptions_and_remediations_name_an_assignment" {
  command = plan

  variables {
    exemptions   = { old = { assignment = "pci", description = "It is switched off soon.", expires_on = "2036-01-01T00:00:00Z" } }
    remediations = { tags = { assignment = "own" } }
  }

  expect_failures = [var.exemptions, var.remediations]
}
