mock_provider "terrace" {}

variables {
  name     = "orders-settings"
  project  = "shop"
  stage    = "dev"
  workload = "orders"
  tags     = { costcenter = "4711", env = "dev", owner = "team-orders" }
}

run "reads_what_the_workload_has" {
  command = plan

  assert {
    condition     = terrace_config.this.workload == "orders"
    error_message = "The access is to the configuration of the workload that asked for it."
  }
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
