mock_provider "azurerm" {}

variables {
  name                = "id-shop"
  location            = "westeurope"
  resource_group_name = "rg-platform"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "wildcards_and_powerful_roles_are_refused" {
  command = plan

  variables {
    tags             = { env = "dev" }
    github           = { organization = "acme", repository = "platform", environments = ["*"] }
    service_accounts = { all = { issuer = "https://issuer.example.com/", namespace = "shop", service_account = "*" } }
    granted_roles    = { owner = { scope = "/subscriptions/00000000-0000-0000-0000-000000000001", role_definition_id_or_name = "Owner" } }
  }

  expect_failures = [var.tags, var.github, var.service_accounts, var.granted_roles]
}

run "subjects_are_exact" {
  command = plan

  variables {
    credentials = { any = { issuer = "https://issuer.example.com/", subject = "project:*" } }
  }

  expect_failures = [var.credentials]
}

run "what_an_existing_identity_refuses" {
  command = plan

  variables {
    existing_identity = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-lz" }
    lock              = { kind = "ReadOnly" }
  }

  expect_failures = [var.existing_identity]
}
