mock_provider "terrace" {}

variables {
  name     = "orders-mysql"
  project  = "shop"
  stage    = "dev"
  workload = "orders"
  tags     = { costcenter = "4711", env = "dev", owner = "team-orders" }
}

run "creates_a_database" {
  command = plan

  assert {
    condition     = terrace_mysql_database.this.name == "orders-mysql" && terrace_mysql_database.this.tags["owner"] == "team-orders"
    error_message = "The database has not the name or the tags that were asked for."
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
