mock_provider "terrace" {}

variables {
  name     = "orders-service"
  project  = "shop"
  stage    = "dev"
  workload = "orders"
  tags     = { costcenter = "4711", env = "dev", owner = "team-orders" }

  release         = "rel_0123456789abcdef0123"
  release_version = "1.0.0"
  containers = {
    main = {
      artifact  = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
      variables = { GREETING = "hello" }
    }
  }
  ports = { web = { port = 80, target_port = 8080 } }
}

run "runs_the_containers" {
  command = plan

  assert {
    condition     = terrace_service.this.containers["main"].variables["GREETING"] == "hello" && terrace_service.this.ports["web"].port == 80
    error_message = "The service has not the containers or the ports that were asked for."
  }
}

run "refuses_a_service_without_containers" {
  command = plan

  variables {
    containers = {}
  }

  expect_failures = [var.containers]
}

run "refuses_an_artifact_that_is_no_digest" {
  command = plan

  variables {
    containers = { main = { artifact = "orders:latest" } }
  }

  expect_failures = [var.containers]
}

run "refuses_a_file_without_content" {
  command = plan

  variables {
    containers = {
      main = {
        artifact = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
        files    = { "/etc/a" = { mode = "0600" } }
      }
    }
  }

  expect_failures = [var.containers]
}

run "refuses_a_port_out_of_range" {
  command = plan

  variables {
    ports = { web = { port = 70000 } }
  }

  expect_failures = [var.ports]
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
