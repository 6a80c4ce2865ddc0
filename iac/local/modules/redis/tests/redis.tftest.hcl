mock_provider "terrace" {}

variables {
  name     = "orders-redis"
  project  = "shop"
  stage    = "dev"
  workload = "orders"
  tags     = { costcenter = "4711", env = "dev", owner = "team-orders" }
}

run "creates_a_cache_with_all_tags" {
  command = plan

  assert {
    condition     = terrace_cache.this.name == "orders-redis" && terrace_cache.this.tags == tomap({ costcenter = "4711", env = "dev", owner = "team-orders", project = "shop", stage = "dev" })
    error_message = "The cache has not the name or the tags that were asked for."
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
