mock_provider "terrace" {}

variables {
  name     = "orders-dns"
  project  = "shop"
  stage    = "dev"
  workload = "orders"
  tags     = { costcenter = "4711", env = "dev", owner = "team-orders" }
}

run "calls_a_workload_by_its_name" {
  command = plan

  assert {
    condition     = terrace_dns_record.this.name == "orders"
    error_message = "A workload's own record has the workload's name."
  }
}

run "calls_a_shared_record_by_its_id" {
  command = plan

  variables {
    name = "admin"
  }

  assert {
    condition     = terrace_dns_record.this.name == "admin"
    error_message = "A shared record has the name of the resource."
  }
}

run "takes_a_subdomain" {
  command = plan

  variables {
    subdomain = "api"
  }

  assert {
    condition     = terrace_dns_record.this.name == "api"
    error_message = "The subdomain is the record's first label."
  }
}

run "refuses_two_labels" {
  command = plan

  variables {
    subdomain = "a.b"
  }

  expect_failures = [var.subdomain]
}

run "refuses_another_type" {
  command = plan

  variables {
    type = "MX"
  }

  expect_failures = [var.type]
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
