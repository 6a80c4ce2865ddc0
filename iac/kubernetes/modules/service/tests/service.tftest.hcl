mock_provider "terrace" {}

variables {
  name     = "orders"
  project  = "shop"
  stage    = "dev"
  workload = "orders"
  tags     = { costcenter = "4711", env = "dev", owner = "team-orders" }

  release         = "rel_0123456789abcdef0123"
  release_version = "1.0.0"
  containers = {
    main = {
      image     = "registry.example.com/orders:1.0.0"
      variables = { GREETING = "hello" }
    }
  }
  ports  = { web = { port = 80, target_port = 8080 } }
  routes = { web = { url = "https://orders.example.com/" } }
}

run "declares_the_workload" {
  command = plan

  assert {
    condition     = terrace_kubernetes_workload.this.containers["main"].variables["GREETING"] == "hello" && terrace_kubernetes_workload.this.ports["web"].port == 80
    error_message = "The workload has not the containers or the ports that were asked for."
  }

  assert {
    condition     = terrace_kubernetes_workload.this.labels["costcenter"] == "4711" && terrace_kubernetes_workload.this.routes["web"].path == "/"
    error_message = "The workload has not the tags or the routes that were asked for."
  }
}

run "refuses_what_is_wrong" {
  command = plan

  variables {
    containers = { main = { image = "." } }
    ports      = { web = { port = 70000 } }
    routes     = { web = { url = "orders" } }
    claims     = { data = { size = "much" } }
    calls      = ["Other_One"]
    scaling    = { min = 3, max = 2 }
    security   = { user = 0, capabilities = ["SYS_ADMIN"] }
    egress     = ["everywhere"]
  }

  expect_failures = [var.containers, var.ports, var.routes, var.claims, var.calls, var.scaling, var.security, var.egress]
}

run "refuses_tags_without_an_owner" {
  command = plan

  variables {
    tags = { costcenter = "4711", env = "dev", owner = " " }
  }

  expect_failures = [var.tags]
}
