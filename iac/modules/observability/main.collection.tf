resource "azurerm_monitor_data_collection_endpoint" "this" {
  name                          = "dce-${var.name}"
  location                      = var.location
  resource_group_name           = var.resource_group_name
  kind                          = "Linux"
  description                   = "Where clusters send metrics and logs to."
  public_network_access_enabled = var.public_network_access_enabled
  tags                          = var.tags
}

resource "azurerm_monitor_private_link_scoped_service" "this" {
  count = var.private_link_scope == null ? 0 : 1

  name                = "scoped-${azurerm_monitor_data_collection_endpoint.this.name}"
  resource_group_name = local.private_link_scope_parts[4]
  scope_name          = local.private_link_scope_parts[8]
  linked_resource_id  = azurerm_monitor_data_collection_endpoint.this.id
}

resource "azurerm_monitor_data_collection_rule" "metrics" {
  name                        = "dcr-${var.name}-metrics"
  location                    = var.location
  resource_group_name         = var.resource_group_name
  kind                        = "Linux"
  description                 = "Prometheus metrics of clusters, into the workspace."
  data_collection_endpoint_id = azurerm_monitor_data_collection_endpoint.this.id
  tags                        = var.tags

  data_sources {
    prometheus_forwarder {
      name    = "PrometheusDataSource"
      streams = ["Microsoft-PrometheusMetrics"]
    }
  }

  destinations {
    monitor_account {
      name               = "MonitoringAccount"
      monitor_account_id = azurerm_monitor_workspace.this.id
    }
  }

  data_flow {
    streams      = ["Microsoft-PrometheusMetrics"]
    destinations = ["MonitoringAccount"]
  }
}

resource "azurerm_monitor_data_collection_rule" "logs" {
  count = var.container_logs == null ? 0 : 1

  name                        = "dcr-${var.name}-logs"
  location                    = var.location
  resource_group_name         = var.resource_group_name
  kind                        = "Linux"
  description                 = "Logs and inventory of containers, into Log Analytics."
  data_collection_endpoint_id = azurerm_monitor_data_collection_endpoint.this.id
  tags                        = var.tags

  data_sources {
    extension {
      name           = "ContainerInsightsExtension"
      extension_name = "ContainerInsights"
      streams        = sort(var.container_logs.streams)
      extension_json = jsonencode({
        dataCollectionSettings = {
          interval               = var.container_logs.interval
          namespaceFilteringMode = length(var.container_logs.excluded_namespaces) == 0 ? "Off" : "Exclude"
          namespaces             = sort(var.container_logs.excluded_namespaces)
          enableContainerLogV2   = true
        }
      })
    }
  }

  destinations {
    log_analytics {
      name                  = "ciworkspace"
      workspace_resource_id = var.container_logs.workspace_resource_id
    }
  }

  data_flow {
    streams      = sort(var.container_logs.streams)
    destinations = ["ciworkspace"]
  }
}

# An association without a name is the one of the endpoint that agents ask for their configuration.
resource "azurerm_monitor_data_collection_rule_association" "endpoint" {
  for_each = var.clusters

  name                        = "configurationAccessEndpoint"
  target_resource_id          = each.value.resource_id
  data_collection_endpoint_id = azurerm_monitor_data_collection_endpoint.this.id
  description                 = "Where the cluster's agents get their configuration from."
}

resource "azurerm_monitor_data_collection_rule_association" "metrics" {
  for_each = var.clusters

  name                    = "dcra-${var.name}-metrics"
  target_resource_id      = each.value.resource_id
  data_collection_rule_id = azurerm_monitor_data_collection_rule.metrics.id
  description             = "The cluster's metrics."
}

resource "azurerm_monitor_data_collection_rule_association" "logs" {
  for_each = var.container_logs == null ? {} : var.clusters

  name                    = "ContainerInsightsExtension"
  target_resource_id      = each.value.resource_id
  data_collection_rule_id = azurerm_monitor_data_collection_rule.logs[0].id
  description             = "The logs of the cluster's containers."
}
