mock_provider "azurerm" {
  mock_resource "azurerm_user_assigned_identity" {
    defaults = {
      id           = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-shop-portal"
      principal_id = "00000000-0000-0000-0000-00000000000a"
      client_id    = "00000000-0000-0000-0000-00000000000b"
      tenant_id    = "00000000-0000-0000-0000-00000000000c"
    }
  }

  mock_resource "azurerm_role_definition" {
    defaults = {
      role_definition_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Authorization/roleDefinitions/00000000-0000-0000-0000-00000000000d"
    }
  }
}

variables {
  name                = "id-shop"
  location            = "westeurope"
  resource_group_name = "rg-platform"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "identities_roles_and_assignments" {
  variables {
    identities = { portal = {}, aks = { name = "id-nodes", lock = { kind = "CanNotDelete" } } }

    role_definitions = {
      restart = {
        name        = "Restarts apps"
        description = "Restarts container apps."
        scope       = "/subscriptions/00000000-0000-0000-0000-000000000001"
        actions     = ["Microsoft.App/containerApps/revisions/restart/action"]
      }
    }

    assignments = {
      reads    = { scope = "/subscriptions/00000000-0000-0000-0000-000000000001", role_definition_id_or_name = "Reader", identity = "portal" }
      restarts = { scope = "/subscriptions/00000000-0000-0000-0000-000000000001", role_definition = "restart", principal_id = "00000000-0000-0000-0000-00000000000e", principal_type = "Group" }
      shares = {
        scope                      = "/subscriptions/00000000-0000-0000-0000-000000000001"
        role_definition_id_or_name = "Role Based Access Control Administrator"
        identity                   = "portal"
        condition                  = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {acdd72a7-3385-48ef-bd42-f606fba81ae7}"
      }
    }
  }

  assert {
    condition     = output.names["portal"] == "id-shop-portal" && output.names["aks"] == "id-nodes" && output.client_ids["portal"] == "00000000-0000-0000-0000-00000000000b"
    error_message = "identities must be named after the module's name and their key, or as given"
  }

  assert {
    condition     = azurerm_role_assignment.this["reads"].principal_type == "ServicePrincipal" && azurerm_role_assignment.this["reads"].role_definition_name == "Reader" && azurerm_role_assignment.this["restarts"].principal_type == "Group"
    error_message = "an identity must be told to be a service principal"
  }

  assert {
    condition     = azurerm_role_assignment.this["shares"].condition_version == "2.0" && length(azurerm_management_lock.this) == 1 && azurerm_user_assigned_identity.this["portal"].tags["owner"] == "shop"
    error_message = "condition, lock and tags must be set"
  }
}
