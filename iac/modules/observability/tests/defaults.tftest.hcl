mock_provider "azurerm" {
  mock_resource "azurerm_monitor_workspace" {
    defaults = {
      id             = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.Monitor/accounts/amw-ops"
      query_endpoint = "https://amw-ops-abcd.westeurope.prometheus.monitor.azure.com"
    }
  }

  mock_resource "azurerm_dashboard_grafana" {
    defaults = {
      id       = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.Dashboard/grafana/graf-ops"
      endpoint = "https://graf-ops-abcd.weu.grafana.azure.com"
    }
  }

  mock_resource "azurerm_monitor_data_collection_endpoint" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.Insights/dataCollectionEndpoints/dce-amw-ops"
    }
  }

  mock_resource "azurerm_monitor_data_collection_rule" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.Insights/dataCollectionRules/dcr-amw-ops"
    }
  }
}

variables {
  name                = "amw-ops"
  location            = "westeurope"
  resource_group_name = "rg-ops"
  tags                = { costcenter = "cc-1", env = "dev", owner = "ops" }
  grafana             = { name = "graf-ops" }

  clusters = {
    main = { name = "aks-shop", resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.ContainerService/managedClusters/aks-shop" }
  }
}

run "secure_by_default" {
  assert {
    condition     = !azurerm_monitor_workspace.this.public_network_access_enabled && !azurerm_dashboard_grafana.this[0].public_network_access_enabled && !azurerm_dashboard_grafana.this[0].api_key_enabled && !azurerm_monitor_data_collection_endpoint.this.public_network_access_enabled
    error_message = "workspace, Grafana and endpoint must be private, Grafana without API keys"
  }

  assert {
    condition     = azurerm_role_assignment.grafana[0].role_definition_name == "Monitoring Data Reader" && azurerm_dashboard_grafana_managed_private_endpoint.this[0].group_ids[0] == "prometheusMetrics"
    error_message = "Grafana must read the metrics over a private endpoint, and no more"
  }

  assert {
    condition     = length(azurerm_monitor_alert_prometheus_rule_group.this) == 4 && azurerm_monitor_alert_prometheus_rule_group.this["main/nodes"].rule[0].alert == "NodeNotReady" && azurerm_monitor_data_collection_rule_association.endpoint["main"].name == "configurationAccessEndpoint"
    error_message = "the cluster must have its rules and associations"
  }

  assert {
    condition     = startswith(output.query_endpoint, "https://") && output.grafana.endpoint != "" && azurerm_monitor_workspace.this.tags["owner"] == "ops"
    error_message = "the outputs must tell the endpoints"
  }
}

run "logs_scope_and_rules_of_ones_own" {
  variables {
    grafana               = null
    default_rules_enabled = false
    container_logs        = { workspace_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.OperationalInsights/workspaces/log-ops" }
    private_link_scope    = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.Insights/privateLinkScopes/ampls-ops" }
    lock                  = { kind = "CanNotDelete" }

    action_group_resource_ids = { team = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.Insights/actionGroups/ag-team" }
    rule_groups               = { shop = { rules = [{ alert = "Slow", expression = "up == 0" }, { record = "up:sum", expression = "sum(up)" }] } }
    private_endpoints         = { main = { subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/pe" } }
  }

  assert {
    condition     = azurerm_monitor_private_link_scoped_service.this[0].scope_name == "ampls-ops" && azurerm_monitor_private_link_scoped_service.this[0].resource_group_name == "rg-ops" && length(azurerm_dashboard_grafana.this) == 0
    error_message = "the endpoint must join the scope, and there be no Grafana"
  }

  assert {
    condition     = length(azurerm_monitor_alert_prometheus_rule_group.this["main/shop"].rule[0].action) == 1 && azurerm_monitor_alert_prometheus_rule_group.this["main/shop"].rule[0].severity == 3 && length(azurerm_monitor_alert_prometheus_rule_group.this["main/shop"].rule[1].action) == 0
    error_message = "alerts must tell the action groups, recordings must not"
  }

  assert {
    condition     = jsondecode(azurerm_monitor_data_collection_rule.logs[0].data_sources[0].extension[0].extension_json).dataCollectionSettings.enableContainerLogV2 && azurerm_private_endpoint.this["main"].private_service_connection[0].subresource_names[0] == "prometheusMetrics"
    error_message = "logs must go to ContainerLogV2, and the private endpoint be that of metrics"
  }
}
