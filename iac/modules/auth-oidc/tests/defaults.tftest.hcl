mock_provider "azurerm" {
  mock_resource "azurerm_user_assigned_identity" {
    defaults = {
      id           = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-shop"
      principal_id = "00000000-0000-0000-0000-00000000000a"
      client_id    = "00000000-0000-0000-0000-00000000000b"
      tenant_id    = "00000000-0000-0000-0000-00000000000c"
    }
  }

  mock_data "azurerm_user_assigned_identity" {
    defaults = {
      id           = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-lz"
      principal_id = "00000000-0000-0000-0000-0000000000aa"
      client_id    = "00000000-0000-0000-0000-0000000000bb"
      tenant_id    = "00000000-0000-0000-0000-00000000000c"
    }
  }
}

variables {
  name                = "id-shop"
  location            = "westeurope"
  resource_group_name = "rg-platform"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "one_subject_per_environment" {
  variables {
    github        = { organization = "acme", repository = "platform", environments = ["dev", "Prod EU"] }
    credentials   = { terrace = { issuer = "https://terrace.example.com", subject = "project:shop:stage:dev" } }
    granted_roles = { reads = { scope = "/subscriptions/00000000-0000-0000-0000-000000000001", role_definition_id_or_name = "Reader" } }
  }

  assert {
    condition     = output.subjects["github-dev"] == "repo:acme/platform:environment:dev" && output.subjects["github-prod-eu"] == "repo:acme/platform:environment:Prod EU"
    error_message = "each environment must have its own exact subject"
  }

  assert {
    condition     = alltrue([for c in azurerm_federated_identity_credential.this : c.audience == tolist(["api://AzureADTokenExchange"])]) && length(azurerm_federated_identity_credential.this) == 3
    error_message = "the audience must be that of token exchange"
  }

  assert {
    condition     = azurerm_role_assignment.granted["reads"].principal_id == "00000000-0000-0000-0000-00000000000a" && output.client_id == "00000000-0000-0000-0000-00000000000b"
    error_message = "the identity must get the role"
  }
}

run "a_service_account_on_an_existing_identity" {
  variables {
    existing_identity = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-lz" }
    service_accounts  = { orders = { issuer = "https://westeurope.oic.prod-aks.azure.com/t/c/", namespace = "shop-dev", service_account = "orders" } }
  }

  assert {
    condition     = length(azurerm_user_assigned_identity.this) == 0 && output.client_id == "00000000-0000-0000-0000-0000000000bb" && output.name == "id-lz"
    error_message = "no identity may be made"
  }

  assert {
    condition     = output.subjects["kubernetes-orders"] == "system:serviceaccount:shop-dev:orders"
    error_message = "the subject must be the service account"
  }
}
