resource "azurerm_container_app_environment" "this" {
  count = var.environment == null ? 0 : 1

  name                               = coalesce(var.environment.name, "cae-${var.name}")
  location                           = var.location
  resource_group_name                = var.resource_group_name
  infrastructure_resource_group_name = coalesce(var.environment.infrastructure_name, "rg-cae-${var.name}")
  infrastructure_subnet_id           = var.environment.subnet_resource_id
  internal_load_balancer_enabled     = true
  public_network_access              = "Disabled"
  logs_destination                   = "log-analytics"
  log_analytics_workspace_id         = var.environment.workspace_id
  mutual_tls_enabled                 = var.environment.mutual_tls
  zone_redundancy_enabled            = var.environment.zone_redundant
  tags                               = var.tags

  workload_profile {
    name                  = "Consumption"
    workload_profile_type = "Consumption"
  }

  dynamic "workload_profile" {
    for_each = var.environment.workload_profiles

    content {
      name                  = workload_profile.key
      workload_profile_type = workload_profile.value.type
      minimum_count         = workload_profile.value.minimum
      maximum_count         = workload_profile.value.maximum
    }
  }
}

resource "azurerm_container_app" "portal" {
  count = var.portal == null ? 0 : 1

  name                         = coalesce(var.portal.name, "portal")
  resource_group_name          = var.resource_group_name
  container_app_environment_id = azurerm_container_app_environment.this[0].id
  revision_mode                = "Single"
  workload_profile_name        = var.portal.workload_profile_name
  tags                         = var.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [var.portal.identity_resource_id]
  }

  dynamic "registry" {
    for_each = var.portal.pulls_from_registry ? [azurerm_container_registry.this.login_server] : []

    content {
      server   = registry.value
      identity = var.portal.identity_resource_id
    }
  }

  dynamic "secret" {
    for_each = var.portal.secrets

    content {
      name                = lower(replace(secret.key, "_", "-"))
      identity            = var.portal.identity_resource_id
      key_vault_secret_id = secret.value
    }
  }

  ingress {
    allow_insecure_connections = false
    external_enabled           = var.portal.reachable_from_virtual_network
    target_port                = var.portal.port
    transport                  = "auto"

    traffic_weight {
      latest_revision = true
      percentage      = 100
    }
  }

  template {
    min_replicas = var.portal.min_replicas
    max_replicas = var.portal.max_replicas

    http_scale_rule {
      name                = "requests"
      concurrent_requests = tostring(var.portal.concurrent_requests)
    }

    container {
      name    = "portal"
      image   = var.portal.image
      command = var.portal.command
      args    = var.portal.args
      cpu     = var.portal.cpu
      memory  = var.portal.memory

      dynamic "env" {
        for_each = var.portal.variables

        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = var.portal.secrets

        content {
          name        = env.key
          secret_name = lower(replace(env.key, "_", "-"))
        }
      }

      liveness_probe {
        transport = "HTTP"
        port      = var.portal.port
        path      = var.portal.health_path
      }

      readiness_probe {
        transport = "HTTP"
        port      = var.portal.port
        path      = var.portal.health_path
      }
    }
  }
}
