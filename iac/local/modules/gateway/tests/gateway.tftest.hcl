variables {
  name     = "orders-edge"
  project  = "shop"
  stage    = "dev"
  workload = "orders"
  tags     = { costcenter = "4711", env = "dev", owner = "team-orders" }
}

run "says_what_obeys_documents" {
  command = plan

  assert {
    condition     = output.plane == "Terrace's gateway of the project shop"
    error_message = "The plane is Terrace's own."
  }
}

run "refuses_tags_without_an_owner" {
  command = plan

  variables {
    tags = { costcenter = "4711", env = "dev" }
  }

  expect_failures = [var.tags]
}
