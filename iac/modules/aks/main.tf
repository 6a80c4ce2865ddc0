resource "azurerm_kubernetes_cluster" "this" {
  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group_name
  node_resource_group = local.node_resource_group_name
  tags                = var.tags

  sku_tier                  = var.sku_tier
  support_plan              = var.support_plan
  kubernetes_version        = var.kubernetes_version
  automatic_upgrade_channel = var.automatic_upgrade_channel == "none" ? null : var.automatic_upgrade_channel
  node_os_upgrade_channel   = var.node_os_upgrade_channel
  cost_analysis_enabled     = var.cost_analysis_enabled && var.sku_tier != "Free"
  disk_encryption_set_id    = var.customer_managed_key == null ? null : azurerm_disk_encryption_set.this[0].id

  # Who gets in: Entra ID, over the private network, with Azure's roles.
  private_cluster_enabled             = true
  private_cluster_public_fqdn_enabled = false
  private_dns_zone_id                 = var.private_dns_zone == null ? "System" : var.private_dns_zone.resource_id
  dns_prefix                          = var.private_dns_zone == null ? coalesce(var.dns_prefix, var.name) : null
  dns_prefix_private_cluster          = var.private_dns_zone == null ? null : coalesce(var.dns_prefix, var.name)
  local_account_disabled              = true
  role_based_access_control_enabled   = true
  run_command_enabled                 = false

  # What workloads are: identities of Entra ID, by tokens of the cluster's issuer.
  oidc_issuer_enabled       = true
  workload_identity_enabled = true

  azure_policy_enabled             = true
  http_application_routing_enabled = false
  open_service_mesh_enabled        = false
  image_cleaner_enabled            = true
  image_cleaner_interval_hours     = var.image_cleaner_interval_hours

  azure_active_directory_role_based_access_control {
    azure_rbac_enabled     = true
    tenant_id              = var.tenant_id
    admin_group_object_ids = sort(var.admin_group_object_ids)
  }

  api_server_access_profile {
    virtual_network_integration_enabled = var.api_server_subnet != null
    subnet_id                           = var.api_server_subnet == null ? null : var.api_server_subnet.resource_id
  }

  default_node_pool {
    name                         = var.system_node_pool.name
    temporary_name_for_rotation  = "${substr(var.system_node_pool.name, 0, 9)}tmp"
    type                         = "VirtualMachineScaleSets"
    vm_size                      = var.system_node_pool.vm_size
    zones                        = var.system_node_pool.zones
    auto_scaling_enabled         = true
    min_count                    = var.system_node_pool.min_count
    max_count                    = var.system_node_pool.max_count
    max_pods                     = var.system_node_pool.max_pods
    vnet_subnet_id               = var.subnet_resource_id
    os_sku                       = var.system_node_pool.os_sku
    os_disk_type                 = var.system_node_pool.os_disk_type
    os_disk_size_gb              = var.system_node_pool.os_disk_size_gb
    host_encryption_enabled      = var.system_node_pool.host_encryption_enabled
    node_public_ip_enabled       = false
    only_critical_addons_enabled = var.system_node_pool.only_critical_addons
    node_labels                  = var.system_node_pool.labels
    tags                         = var.tags

    upgrade_settings {
      max_surge                     = var.system_node_pool.max_surge
      drain_timeout_in_minutes      = 30
      node_soak_duration_in_minutes = 0
    }
  }

  node_provisioning_profile {
    mode               = var.node_provisioning_mode
    default_node_pools = var.node_provisioning_mode == "Auto" ? "Auto" : null
  }

  identity {
    type         = local.has_user_assigned_identity ? "UserAssigned" : "SystemAssigned"
    identity_ids = local.has_user_assigned_identity ? toset(values(var.managed_identities.user_assigned_resource_ids)) : null
  }

  dynamic "kubelet_identity" {
    for_each = var.kubelet_identity == null ? [] : [var.kubelet_identity]

    content {
      client_id                 = kubelet_identity.value.client_id
      object_id                 = kubelet_identity.value.object_id
      user_assigned_identity_id = kubelet_identity.value.resource_id
    }
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    network_policy      = "cilium"
    network_data_plane  = "cilium"
    load_balancer_sku   = "standard"
    outbound_type       = var.network.outbound_type
    pod_cidr            = var.network.pod_cidr
    service_cidr        = var.network.service_cidr
    dns_service_ip      = coalesce(var.network.dns_service_ip, cidrhost(var.network.service_cidr, 10))

    dynamic "advanced_networking" {
      for_each = var.network.observability_enabled || var.network.security_enabled ? [var.network] : []

      content {
        observability_enabled = advanced_networking.value.observability_enabled
        security_enabled      = advanced_networking.value.security_enabled
      }
    }
  }

  dynamic "auto_scaler_profile" {
    for_each = var.node_provisioning_mode == "Auto" ? [] : [var.auto_scaler]

    content {
      balance_similar_node_groups      = auto_scaler_profile.value.balance_similar_node_groups
      expander                         = auto_scaler_profile.value.expander
      max_graceful_termination_sec     = tostring(auto_scaler_profile.value.max_graceful_termination_seconds)
      scale_down_delay_after_add       = auto_scaler_profile.value.scale_down_delay_after_add
      scale_down_unneeded              = auto_scaler_profile.value.scale_down_unneeded
      scale_down_utilization_threshold = tostring(auto_scaler_profile.value.scale_down_utilization_threshold)
      skip_nodes_with_local_storage    = auto_scaler_profile.value.skip_nodes_with_local_storage
      skip_nodes_with_system_pods      = auto_scaler_profile.value.skip_nodes_with_system_pods
    }
  }

  storage_profile {
    blob_driver_enabled         = var.storage_drivers.blob
    disk_driver_enabled         = var.storage_drivers.disk
    file_driver_enabled         = var.storage_drivers.file
    snapshot_controller_enabled = var.storage_drivers.snapshots
  }

  workload_autoscaler_profile {
    keda_enabled                    = var.keda_enabled
    vertical_pod_autoscaler_enabled = var.vertical_pod_autoscaler_enabled
  }

  # Secrets come from Key Vault, and follow it when they change.
  key_vault_secrets_provider {
    secret_rotation_enabled  = true
    secret_rotation_interval = var.secret_rotation_interval
  }

  dynamic "key_management_service" {
    for_each = var.key_management_service == null ? [] : [var.key_management_service]

    content {
      key_vault_key_id         = key_management_service.value.key_id
      key_vault_network_access = key_management_service.value.network_access
    }
  }

  dynamic "oms_agent" {
    for_each = var.log_analytics_workspace == null ? [] : [var.log_analytics_workspace]

    content {
      log_analytics_workspace_id      = oms_agent.value.resource_id
      msi_auth_for_monitoring_enabled = true
    }
  }

  dynamic "microsoft_defender" {
    for_each = var.defender_enabled && var.log_analytics_workspace != null ? [var.log_analytics_workspace] : []

    content {
      log_analytics_workspace_id = microsoft_defender.value.resource_id
    }
  }

  dynamic "monitor_metrics" {
    for_each = var.prometheus_metrics == null ? [] : [var.prometheus_metrics]

    content {
      annotations_allowed = monitor_metrics.value.annotations_allowed
      labels_allowed      = monitor_metrics.value.labels_allowed
    }
  }

  dynamic "service_mesh_profile" {
    for_each = var.service_mesh == null ? [] : [var.service_mesh]

    content {
      mode                             = "Istio"
      revisions                        = service_mesh_profile.value.revisions
      internal_ingress_gateway_enabled = service_mesh_profile.value.internal_ingress_gateway_enabled
      external_ingress_gateway_enabled = service_mesh_profile.value.external_ingress_gateway_enabled

      dynamic "certificate_authority" {
        for_each = service_mesh_profile.value.certificate_authority == null ? [] : [service_mesh_profile.value.certificate_authority]

        content {
          key_vault_id           = certificate_authority.value.key_vault_resource_id
          root_cert_object_name  = certificate_authority.value.root_certificate_name
          cert_chain_object_name = certificate_authority.value.certificate_chain_name
          cert_object_name       = certificate_authority.value.certificate_name
          key_object_name        = certificate_authority.value.key_name
        }
      }
    }
  }

  dynamic "maintenance_window_auto_upgrade" {
    for_each = var.maintenance_windows.auto_upgrade == null ? [] : [var.maintenance_windows.auto_upgrade]

    content {
      frequency    = maintenance_window_auto_upgrade.value.frequency
      interval     = maintenance_window_auto_upgrade.value.interval
      duration     = maintenance_window_auto_upgrade.value.duration_hours
      day_of_week  = maintenance_window_auto_upgrade.value.day_of_week
      day_of_month = maintenance_window_auto_upgrade.value.day_of_month
      week_index   = maintenance_window_auto_upgrade.value.week_index
      start_time   = maintenance_window_auto_upgrade.value.start_time
      utc_offset   = maintenance_window_auto_upgrade.value.utc_offset

      dynamic "not_allowed" {
        for_each = maintenance_window_auto_upgrade.value.not_allowed

        content {
          start = not_allowed.value.start
          end   = not_allowed.value.end
        }
      }
    }
  }

  dynamic "maintenance_window_node_os" {
    for_each = var.maintenance_windows.node_os == null ? [] : [var.maintenance_windows.node_os]

    content {
      frequency    = maintenance_window_node_os.value.frequency
      interval     = maintenance_window_node_os.value.interval
      duration     = maintenance_window_node_os.value.duration_hours
      day_of_week  = maintenance_window_node_os.value.day_of_week
      day_of_month = maintenance_window_node_os.value.day_of_month
      week_index   = maintenance_window_node_os.value.week_index
      start_time   = maintenance_window_node_os.value.start_time
      utc_offset   = maintenance_window_node_os.value.utc_offset

      dynamic "not_allowed" {
        for_each = maintenance_window_node_os.value.not_allowed

        content {
          start = not_allowed.value.start
          end   = not_allowed.value.end
        }
      }
    }
  }
}
