mock_provider "azurerm" {
  mock_resource "azurerm_log_analytics_workspace" {
    defaults = {
      id           = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.OperationalInsights/workspaces/log-ops"
      workspace_id = "00000000-0000-0000-0000-00000000000b"
    }
  }

  mock_resource "azurerm_application_insights" {
    defaults = {
      id     = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.Insights/components/appi-shop"
      app_id = "00000000-0000-0000-0000-00000000000c"
    }
  }

  mock_resource "azurerm_monitor_action_group" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.Insights/actionGroups/ag-team"
    }
  }

  mock_resource "azurerm_monitor_private_link_scope" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.Insights/privateLinkScopes/ampls-log-ops"
    }
  }
}

variables {
  name                = "log-ops"
  location            = "westeurope"
  resource_group_name = "rg-ops"
  tags                = { costcenter = "cc-1", env = "dev", owner = "ops" }
}

run "secure_by_default" {
  assert {
    condition     = !azurerm_log_analytics_workspace.this.local_authentication_enabled && azurerm_log_analytics_workspace.this.internet_ingestion_access_type == "Disabled" && azurerm_log_analytics_workspace.this.internet_query_access_type == "Disabled"
    error_message = "the workspace must be private, with Entra ID alone"
  }

  assert {
    condition     = azurerm_monitor_private_link_scope.this[0].ingestion_access_mode == "PrivateOnly" && azurerm_monitor_private_link_scope.this[0].query_access_mode == "PrivateOnly" && azurerm_monitor_private_link_scoped_service.this["workspace"].linked_resource_id == azurerm_log_analytics_workspace.this.id
    error_message = "a private link scope must hold the workspace"
  }

  assert {
    condition     = output.workspace_id == "00000000-0000-0000-0000-00000000000b" && azurerm_log_analytics_workspace.this.tags["owner"] == "ops" && azurerm_log_analytics_workspace.this.retention_in_days == 90
    error_message = "outputs, tags and retention must be as documented"
  }
}

run "alerts_tell_action_groups" {
  variables {
    application_insights = { shop = {} }
    action_groups = {
      team     = { short_name = "team", email_receivers = { team = "team@example.com" } }
      security = { short_name = "security", webhook_receivers = { siem = { service_uri = "https://siem.example.com/hook" } } }
    }
    metric_alerts = {
      failed = {
        criteria = [{ metric_namespace = "Microsoft.OperationalInsights/workspaces", metric_name = "Query Failure Count", aggregation = "Count", operator = "GreaterThan", threshold = 1 }]
      }
    }
    activity_log_alerts = {
      health = { scopes = { subscription = "/subscriptions/00000000-0000-0000-0000-000000000001" }, category = "ServiceHealth", service_health = {}, action_groups = ["team"] }
    }
    query_alerts = {
      heartbeat = { query = "Heartbeat | where TimeGenerated < ago(10m)", mute_actions_after = "PT1H" }
    }
    tables = { ContainerLogV2 = { plan = "Basic" } }
    lock   = { kind = "CanNotDelete" }
    private_endpoints = {
      network = { subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/pe" }
    }
    diagnostic_settings = {
      itself = { workspace_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.OperationalInsights/workspaces/log-ops" }
    }
  }

  assert {
    condition     = length(azurerm_monitor_activity_log_alert.this["health"].action) == 1 && length(local.alert_action_groups["metric/failed"]) == 2 && !azurerm_monitor_scheduled_query_rules_alert_v2.this["heartbeat"].auto_mitigation_enabled
    error_message = "an alert must tell the groups that it names, or all"
  }

  assert {
    condition     = !azurerm_application_insights.this["shop"].local_authentication_enabled && !azurerm_application_insights.this["shop"].internet_query_enabled && azurerm_application_insights.this["shop"].ip_masking_enabled
    error_message = "Application Insights must be private, with Entra ID alone"
  }

  assert {
    condition     = azurerm_private_endpoint.this["network"].private_service_connection[0].subresource_names[0] == "azuremonitor" && length(azurerm_monitor_private_link_scoped_service.this) == 2
    error_message = "the private endpoint must be that of the scope, which holds workspace and component"
  }
}
