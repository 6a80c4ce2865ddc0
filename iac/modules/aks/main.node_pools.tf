resource "azurerm_kubernetes_cluster_node_pool" "this" {
  for_each = var.node_pools

  name                        = each.key
  kubernetes_cluster_id       = azurerm_kubernetes_cluster.this.id
  temporary_name_for_rotation = "${substr(each.key, 0, 9)}tmp"
  mode                        = each.value.mode
  vm_size                     = each.value.vm_size
  zones                       = each.value.zones
  auto_scaling_enabled        = each.value.auto_scaling_enabled
  min_count                   = each.value.auto_scaling_enabled ? each.value.min_count : null
  max_count                   = each.value.auto_scaling_enabled ? each.value.max_count : null
  node_count                  = each.value.auto_scaling_enabled ? null : each.value.min_count
  max_pods                    = each.value.max_pods
  vnet_subnet_id              = var.subnet_resource_id
  os_type                     = "Linux"
  os_sku                      = each.value.os_sku
  os_disk_type                = each.value.os_disk_type
  os_disk_size_gb             = each.value.os_disk_size_gb
  host_encryption_enabled     = each.value.host_encryption_enabled
  fips_enabled                = each.value.fips_enabled
  node_public_ip_enabled      = false
  orchestrator_version        = each.value.kubernetes_version
  node_labels                 = each.value.labels
  node_taints                 = each.value.spot == null ? each.value.taints : concat(["kubernetes.azure.com/scalesetpriority=spot:NoSchedule"], each.value.taints)
  priority                    = each.value.spot == null ? "Regular" : "Spot"
  eviction_policy             = try(each.value.spot.eviction_policy, null)
  spot_max_price              = try(each.value.spot.max_price, null)
  tags                        = var.tags

  dynamic "upgrade_settings" {
    for_each = each.value.spot == null ? [each.value.max_surge] : []

    content {
      max_surge                     = upgrade_settings.value
      drain_timeout_in_minutes      = 30
      node_soak_duration_in_minutes = 0
    }
  }
}
