mock_provider "azurerm" {
  mock_data "azurerm_client_config" {
    defaults = {
      tenant_id       = "00000000-0000-0000-0000-000000000001"
      subscription_id = "00000000-0000-0000-0000-000000000002"
      client_id       = "00000000-0000-0000-0000-000000000003"
      object_id       = "00000000-0000-0000-0000-000000000004"
    }
  }

  mock_resource "azurerm_storage_account" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/ststate" }
  }

  mock_resource "azurerm_storage_container" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/ststate/blobServices/default/containers/dev" }
  }

  mock_resource "azurerm_user_assigned_identity" {
    defaults = {
      id           = "/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-dev"
      principal_id = "00000000-0000-0000-0000-000000000005"
      client_id    = "00000000-0000-0000-0000-000000000006"
    }
  }
}

variables {
  allowed_ip_rules  = ["203.0.113.7"]
  github_repository = "contoso/platform"
  terrace           = { issuer = "https://oidc.example.com/cluster/", subject = "system:serviceaccount:terrace:terrace" }
  stages            = { dev = {}, prod = { subscription_id = "00000000-0000-0000-0000-000000000009" } }
  tags              = { costcenter = "4711", env = "platform", owner = "platform-team" }
}

run "secure_by_default" {
  assert {
    condition = alltrue([
      !azurerm_storage_account.this.shared_access_key_enabled,
      !azurerm_storage_account.this.allow_nested_items_to_be_public,
      !azurerm_storage_account.this.local_user_enabled,
      azurerm_storage_account.this.infrastructure_encryption_enabled,
      azurerm_storage_account.this.min_tls_version == "TLS1_2",
      azurerm_storage_account.this.network_rules[0].default_action == "Deny",
      azurerm_storage_account.this.blob_properties[0].versioning_enabled,
    ])
    error_message = "The account of the states is not closed."
  }

  assert {
    condition     = azurerm_federated_identity_credential.github["dev-plan"].subject == "repo:contoso/platform:environment:dev-plan" && azurerm_federated_identity_credential.github["prod-apply"].subject == "repo:contoso/platform:environment:prod"
    error_message = "A GitHub environment signs in as another identity than its own."
  }

  assert {
    condition     = azurerm_role_assignment.state["dev-plan"].role_definition_name == "Storage Blob Data Reader" && azurerm_role_assignment.state["dev-apply"].role_definition_name == "Storage Blob Data Contributor"
    error_message = "A plan may write the state, or an apply may not."
  }

  assert {
    condition     = alltrue([for a in azurerm_role_assignment.access : a.condition_version == "2.0" && strcontains(a.condition, "ForAnyOfAnyValues:GuidEquals {")]) && keys(azurerm_role_assignment.access) == ["dev-apply", "prod-apply"]
    error_message = "Who gives roles must be bound to the assignable ones."
  }

  assert {
    condition     = azurerm_role_assignment.access["prod-apply"].scope == "/subscriptions/00000000-0000-0000-0000-000000000009" && output.environments["prod"].subscription_id == "00000000-0000-0000-0000-000000000009"
    error_message = "A stage with a subscription of its own has its roles there."
  }
}

run "what_is_refused" {
  command = plan

  variables {
    allowed_ip_rules     = []
    storage_account_name = "Not-A-Name"
    name_prefix          = "T"
    replication          = "NONE"
    github_repository    = "no-owner"
    github_issuer        = "http://example.com"
    stages               = { "Dev" = {} }
    terrace              = { issuer = "http://example.com", subject = "" }
    assignable_roles     = { "Owner" = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635" }
    tags                 = { costcenter = "4711", env = "platform" }
  }

  expect_failures = [
    var.allowed_subnet_resource_ids, var.storage_account_name, var.name_prefix, var.replication, var.github_repository, var.github_issuer, var.stages, var.terrace,
    var.assignable_roles, var.tags,
  ]
}
