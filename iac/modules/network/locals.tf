locals {
  resource_id           = azurerm_virtual_network.this.id
  diagnostic_log_groups = toset(["allLogs"])
  diagnostic_metrics    = toset(["AllMetrics"])

  subnet_names = { for key, s in var.subnets : key => coalesce(s.name, key) }

  secured_subnets = { for key, s in var.subnets : key => s if s.network_security_group.enabled }
  routed_subnets  = { for key, s in var.subnets : key => s if s.route_table != null }
  nat_subnets     = { for key, s in var.subnets : key => s if s.nat_gateway }

  # The last rule before Azure's own, which let in the network and load balancers.
  deny_internet_inbound = {
    DenyInternetInbound = {
      priority                     = 4096
      direction                    = "Inbound"
      access                       = "Deny"
      protocol                     = "*"
      description                  = "Nobody comes in from the Internet unless a rule above lets them."
      source_port_ranges           = toset(["*"])
      source_address_prefixes      = toset(["Internet"])
      destination_port_ranges      = toset(["*"])
      destination_address_prefixes = toset(["*"])
    }
  }

  security_rules = {
    for key, s in local.secured_subnets : key => merge(
      s.network_security_group.rules,
      { for name, rule in local.deny_internet_inbound : name => rule if s.network_security_group.deny_internet_inbound },
    )
  }

  ddos_protection_plan_id = var.ddos_protection_plan == null ? null : var.ddos_protection_plan.create ? azurerm_network_ddos_protection_plan.this[0].id : var.ddos_protection_plan.resource_id

  # What Azure lets a service do in a subnet that is delegated to it.
  join    = "Microsoft.Network/virtualNetworks/subnets/join/action"
  prepare = ["Microsoft.Network/virtualNetworks/subnets/prepareNetworkPolicies/action", "Microsoft.Network/virtualNetworks/subnets/unprepareNetworkPolicies/action"]

  delegation_actions = {
    "Microsoft.ApiManagement/service"                = [local.join, local.prepare[0]]
    "Microsoft.App/environments"                     = [local.join]
    "Microsoft.ContainerInstance/containerGroups"    = ["Microsoft.Network/virtualNetworks/subnets/action"]
    "Microsoft.ContainerService/managedClusters"     = [local.join]
    "Microsoft.DBforMySQL/flexibleServers"           = [local.join]
    "Microsoft.DBforPostgreSQL/flexibleServers"      = [local.join]
    "Microsoft.Databricks/workspaces"                = concat([local.join], local.prepare)
    "Microsoft.DevOpsInfrastructure/pools"           = [local.join]
    "Microsoft.Network/applicationGateways"          = [local.join]
    "Microsoft.Network/dnsResolvers"                 = [local.join]
    "Microsoft.Netapp/volumes"                       = ["Microsoft.Network/networkinterfaces/*", local.join]
    "Microsoft.PowerPlatform/enterprisePolicies"     = [local.join]
    "Microsoft.ServiceNetworking/trafficControllers" = [local.join]
    "Microsoft.Sql/managedInstances"                 = concat([local.join], local.prepare)
    "Microsoft.Web/hostingEnvironments"              = ["Microsoft.Network/virtualNetworks/subnets/action"]
    "Microsoft.Web/serverFarms"                      = ["Microsoft.Network/virtualNetworks/subnets/action"]
    "NGINX.NGINXPLUS/nginxDeployments"               = [local.join]
    "Microsoft.DocumentDB/cassandraClusters"         = [local.join]
    "Microsoft.AzureCosmosDB/clusters"               = [local.join]
    "GitHub.Network/networkSettings"                 = [local.join]
    "Microsoft.Synapse/workspaces"                   = [local.join]
    "Microsoft.MachineLearningServices/workspaces"   = [local.join]
    "Microsoft.BareMetal/AzureHostedService"         = [local.join]
    "Microsoft.StreamAnalytics/streamingJobs"        = [local.join]
    "PaloAltoNetworks.Cloudngfw/firewalls"           = [local.join]
    "Microsoft.Orbital/orbitalGateways"              = [local.join]
    "Microsoft.Kusto/clusters"                       = concat([local.join], local.prepare)
  }

  network_watcher = var.flow_logs == null ? null : {
    create              = var.flow_logs.network_watcher.create
    name                = coalesce(var.flow_logs.network_watcher.name, "NetworkWatcher_${var.location}")
    resource_group_name = coalesce(var.flow_logs.network_watcher.resource_group_name, var.flow_logs.network_watcher.create ? var.resource_group_name : "NetworkWatcherRG")
  }
}

locals {
  # All that the module makes: the lock is made after it and goes before it, because nothing under a lock can be deleted.
  lock_follows = [
    azurerm_monitor_diagnostic_setting.this,
    azurerm_nat_gateway.this,
    azurerm_nat_gateway_public_ip_association.this,
    azurerm_nat_gateway_public_ip_prefix_association.this,
    azurerm_network_ddos_protection_plan.this,
    azurerm_network_security_group.this,
    azurerm_network_watcher.this,
    azurerm_network_watcher_flow_log.this,
    azurerm_public_ip.nat,
    azurerm_public_ip_prefix.nat,
    azurerm_role_assignment.this,
    azurerm_route_table.this,
    azurerm_subnet.this,
    azurerm_subnet_nat_gateway_association.this,
    azurerm_subnet_network_security_group_association.this,
    azurerm_subnet_route_table_association.this,
    azurerm_virtual_network.this,
  ]
}
