mock_provider "terrace" {}

variables {
  name        = "orders-store"
  project     = "shop"
  stage       = "dev"
  workload    = "orders"
  collections = { orders = { customer = "customer.name", total = "total" } }
  tags        = { costcenter = "4711", env = "dev", owner = "team-orders" }
}

run "declares_collections" {
  command = plan

  assert {
    condition     = terrace_document_database.this.collections["orders"]["customer"] == "customer.name"
    error_message = "The collections are not those that were asked for."
  }
}

run "refuses_no_collection" {
  command = plan

  variables {
    collections = {}
  }

  expect_failures = [var.collections]
}

run "refuses_tags_without_an_owner" {
  command = plan

  variables {
    tags = { costcenter = "4711", env = "dev", owner = " " }
  }

  expect_failures = [var.tags]
}

run "refuses_a_name_that_is_no_label" {
  command = plan

  variables {
    name = "Orders_1"
  }

  expect_failures = [var.name]
}
