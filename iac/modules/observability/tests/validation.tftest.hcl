mock_provider "azurerm" {}

variables {
  name                = "amw-ops"
  location            = "westeurope"
  resource_group_name = "rg-ops"
  tags                = { costcenter = "cc-1", env = "dev", owner = "ops" }
}

run "what_is_refused" {
  command = plan

  variables {
    tags                      = { costcenter = "cc-1", env = "dev" }
    grafana                   = { name = "1-grafana", major_version = "9" }
    clusters                  = { main = { name = "aks", resource_id = "aks" } }
    container_logs            = { workspace_resource_id = "log", interval = "90m" }
    private_link_scope        = { resource_id = "ampls" }
    rule_groups               = { both = { rules = [{ record = "a", alert = "b", expression = "up" }] } }
    action_group_resource_ids = { a = "a", b = "b", c = "c", d = "d", e = "e", f = "f" }
  }

  expect_failures = [
    var.tags,
    var.grafana,
    var.clusters,
    var.container_logs,
    var.private_link_scope,
    var.rule_groups,
    var.action_group_resource_ids,
  ]
}
