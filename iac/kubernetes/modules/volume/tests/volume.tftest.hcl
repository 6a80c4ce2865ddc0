variables {
  name     = "orders"
  project  = "shop"
  stage    = "dev"
  workload = "orders"
  tags     = { costcenter = "4711", env = "dev", owner = "team-orders" }
}

run "names_the_volume" {
  command = plan

  assert {
    condition     = output.source == "orders"
    error_message = "The source is not the name of the volume."
  }
}

run "refuses_a_name_that_is_no_label" {
  command = plan

  variables {
    name = "Orders_1"
  }

  expect_failures = [var.name]
}
