mock_provider "terrace" {}

variables {
  name     = "orders-route"
  project  = "shop"
  stage    = "dev"
  workload = "orders"
  tags     = { costcenter = "4711", env = "dev", owner = "team-orders" }
}

run "leads_to_the_workloads_service" {
  command = plan

  variables {
    host = "orders.dev.shop.localhost"
  }

  assert {
    condition     = terrace_route.this.service == "orders" && terrace_route.this.path == "/" && terrace_route.this.port == ""
    error_message = "A route leads to the only port of the workload's service by default."
  }
}

run "refuses_a_host_without_a_domain" {
  command = plan

  variables {
    host = "orders"
  }

  expect_failures = [var.host]
}

run "refuses_a_path_with_a_query" {
  command = plan

  variables {
    host = "orders.dev.shop.localhost"
    path = "/a?b"
  }

  expect_failures = [var.path]
}

run "refuses_tags_without_an_owner" {
  command = plan

  variables {
    host = "orders.dev.shop.localhost"
    tags = { costcenter = "4711", env = "dev", owner = " " }
  }

  expect_failures = [var.tags]
}

run "refuses_a_name_that_is_no_label" {
  command = plan

  variables {
    host = "orders.dev.shop.localhost"
    name = "Orders_1"
  }

  expect_failures = [var.name]
}
