mock_provider "azurerm" {}

variables {
  name                = "id-shop"
  location            = "westeurope"
  resource_group_name = "rg-platform"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "what_is_refused" {
  command = plan

  variables {
    tags       = { costcenter = "cc-1", env = "dev" }
    identities = { portal = { name = "-" } }

    role_definitions = {
      all = { name = "All", description = "Everything.", scope = "/subscriptions/00000000-0000-0000-0000-000000000001", actions = ["*"] }
    }
  }

  expect_failures = [var.tags, var.identities, var.role_definitions]
}

run "owner_without_a_condition_is_refused" {
  command = plan

  variables {
    assignments = {
      owner = { scope = "/subscriptions/00000000-0000-0000-0000-000000000001", role_definition_id_or_name = "Owner", principal_id = "00000000-0000-0000-0000-00000000000e" }
    }
  }

  expect_failures = [var.assignments]
}

run "an_unknown_key_is_refused" {
  command = plan

  variables {
    assignments = {
      nobody = { scope = "/subscriptions/00000000-0000-0000-0000-000000000001", role_definition_id_or_name = "Reader", identity = "nobody" }
    }
  }

  expect_failures = [var.assignments]
}

run "an_assignment_needs_one_principal" {
  command = plan

  variables {
    assignments = {
      nobody = { scope = "/subscriptions/00000000-0000-0000-0000-000000000001", role_definition_id_or_name = "Reader" }
    }
  }

  expect_failures = [azurerm_role_assignment.this["nobody"]]
}
