mock_provider "terrace" {
  mock_data "terrace_kubernetes_workload" {
    defaults = {
      endpoints = { web = "127.0.0.1:34567" }
    }
  }
}

variables {
  name     = "orders-payments"
  project  = "shop"
  stage    = "dev"
  workload = "orders"
  service  = "payments"
  tags     = { costcenter = "4711", env = "dev", owner = "team-orders" }
}

run "gives_the_only_port" {
  command = plan

  assert {
    condition     = output.hostname == "127.0.0.1" && output.port == 34567
    error_message = "The address is not the one of the service's only port."
  }
}

run "gives_a_port_by_name" {
  command = plan

  variables {
    port = "web"
  }

  assert {
    condition     = output.port == 34567
    error_message = "The address is not the one of the named port."
  }
}

run "refuses_a_port_that_is_not_there" {
  command = plan

  variables {
    port = "admin"
  }

  expect_failures = [data.terrace_kubernetes_workload.this]
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
