variables {
  name     = "orders"
  project  = "shop"
  stage    = "dev"
  workload = "orders"
  tags     = { costcenter = "4711", env = "dev", owner = "team-orders" }

  host = "orders.example.com"
  path = "/api"
}

run "tells_the_address" {
  command = plan

  assert {
    condition     = output.url == "https://orders.example.com/api" && output.host == "orders.example.com"
    error_message = "The address is not that of the host and the path."
  }
}

run "refuses_a_host_that_is_no_name" {
  command = plan

  variables {
    host = "Orders"
  }

  expect_failures = [var.host]
}
