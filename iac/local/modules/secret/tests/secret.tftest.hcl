mock_provider "terrace" {}

variables {
  name     = "orders-secret"
  project  = "shop"
  stage    = "dev"
  workload = "orders"
  tags     = { costcenter = "4711", env = "dev", owner = "team-orders" }
}

run "makes_32_characters" {
  command = plan

  assert {
    condition     = terrace_secret.this.length == 32
    error_message = "A secret has 32 characters by default."
  }
}

run "refuses_a_short_secret" {
  command = plan

  variables {
    length = 8
  }

  expect_failures = [var.length]
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
