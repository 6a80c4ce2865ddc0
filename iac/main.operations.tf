module "monitoring" {
  source = "./modules/monitoring"

  name                 = "log-${local.name_prefix}"
  location             = var.location
  resource_group_name  = azurerm_resource_group.this["platform"].name
  tags                 = local.tags
  retention_days       = var.monitoring.retention_days
  daily_quota_gb       = var.monitoring.daily_quota_gb
  application_insights = { platform = { name = "appi-${local.name_prefix}" } }

  private_endpoints = {
    main = {
      subnet_resource_id            = module.network.subnet_ids["private_endpoints"]
      private_dns_zone_resource_ids = { for key in ["monitor", "monitor_oms", "monitor_ods", "monitor_agents", "blob"] : key => local.private_dns_zone_ids[key] }
    }
  }

  action_groups = {
    platform = { name = "ag-${local.name_prefix}", short_name = var.stage, email_receivers = var.monitoring.alert_emails }
  }

  activity_log_alerts = {
    service-health = {
      description    = "Azure has an incident, or wants something done."
      scopes         = { subscription = local.subscription_id }
      category       = "ServiceHealth"
      service_health = { locations = ["Global", var.location] }
    }
    roles = {
      description    = "Somebody was given a role."
      scopes         = { for key, g in azurerm_resource_group.this : key => g.id }
      category       = "Administrative"
      operation_name = "Microsoft.Authorization/roleAssignments/write"
    }
    policies = {
      description    = "A policy assignment is gone."
      scopes         = { for key, g in azurerm_resource_group.this : key => g.id }
      category       = "Administrative"
      operation_name = "Microsoft.Authorization/policyAssignments/delete"
    }
  }

  metric_alerts = {
    mysql-storage = {
      description = "The MySQL server's storage is nearly full."
      scopes      = { main = module.mysql.resource_id }
      severity    = 2
      criteria    = [{ metric_namespace = "Microsoft.DBforMySQL/flexibleServers", metric_name = "storage_percent", aggregation = "Average", operator = "GreaterThan", threshold = 85 }]
    }
    gateway-unhealthy = {
      description = "The gateway has a back end that does not answer."
      scopes      = { main = module.gateway.resource_id }
      severity    = 1
      criteria    = [{ metric_namespace = "Microsoft.Network/applicationGateways", metric_name = "UnhealthyHostCount", aggregation = "Average", operator = "GreaterThan", threshold = 0 }]
    }
    vault-availability = {
      description = "The key vault does not answer."
      scopes      = { main = module.keyvault.resource_id }
      severity    = 1
      criteria    = [{ metric_namespace = "Microsoft.KeyVault/vaults", metric_name = "Availability", aggregation = "Average", operator = "LessThan", threshold = 99 }]
    }
  }
}

module "observability" {
  source = "./modules/observability"

  name                      = "amw-${local.name_prefix}"
  location                  = var.location
  resource_group_name       = azurerm_resource_group.this["platform"].name
  tags                      = local.tags
  zone_redundant            = local.zone_redundant
  clusters                  = { main = { resource_id = module.aks.resource_id, name = module.aks.name } }
  container_logs            = { workspace_resource_id = module.monitoring.resource_id }
  private_link_scope        = { resource_id = module.monitoring.private_link_scope_resource_id }
  action_group_resource_ids = { platform = module.monitoring.action_group_resource_ids["platform"] }
  private_endpoints         = local.endpoints["prometheus"]

  grafana = !var.monitoring.dashboards ? null : {
    name              = "graf-${local.name_prefix}"
    private_endpoints = local.endpoints["grafana"]
    role_assignments  = { portal = { principal_id = module.identity.principal_ids["portal"], principal_type = "ServicePrincipal" } }
  }
}
