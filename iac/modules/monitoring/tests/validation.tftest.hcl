mock_provider "azurerm" {}

variables {
  name                = "log-ops"
  location            = "westeurope"
  resource_group_name = "rg-ops"
  tags                = { costcenter = "cc-1", env = "dev", owner = "ops" }
}

run "what_is_refused" {
  command = plan

  variables {
    tags                 = { env = "dev", costcenter = " ", owner = "ops" }
    sku                  = "Free"
    action_groups        = { team = { short_name = "much-too-long-a-name" } }
    retention_days       = 7
    daily_quota_gb       = 0
    managed_identities   = { system_assigned = true, user_assigned_resource_ids = { a = "id" } }
    tables               = { Syslog = { plan = "Basic", retention_days = 30 } }
    application_insights = { shop = { retention_days = 31 } }
    private_endpoints    = { network = { subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net" } }
    lock                 = { kind = "None" }
  }

  expect_failures = [
    var.tags,
    var.sku,
    var.retention_days,
    var.daily_quota_gb,
    var.action_groups,
    var.managed_identities,
    var.tables,
    var.application_insights,
    var.private_endpoints,
    var.lock,
  ]
}

run "alerts_and_needs_that_are_refused" {
  command = plan

  variables {
    reservation_capacity_gb = 100
    private_link_scope      = null
    private_endpoints = {
      network = { subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/pe" }
    }
    metric_alerts = {
      nothing = { severity = 7 }
    }
    activity_log_alerts = {
      health = { scopes = {}, category = "Gossip" }
    }
    query_alerts = {
      average = { query = "Heartbeat", aggregation = "Average", action_groups = ["nobody"] }
    }
  }

  expect_failures = [var.reservation_capacity_gb, var.private_link_scope, var.metric_alerts, var.activity_log_alerts, var.query_alerts]
}
