mock_provider "terrace" {}

variables {
  name     = "orders-volume"
  project  = "shop"
  stage    = "dev"
  workload = "orders"
  tags     = { costcenter = "4711", env = "dev", owner = "team-orders" }
}

run "creates_a_volume" {
  command = plan

  assert {
    condition     = terrace_volume.this.name == "orders-volume" && terrace_volume.this.tags["env"] == "dev"
    error_message = "The volume has not the name or the tags that were asked for."
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
