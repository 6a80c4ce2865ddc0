locals {
  # Zones in which services of Azure have the addresses of their private
  # endpoints, and the stage's own for workloads.
  private_dns_zones = {
    vault          = "privatelink.vaultcore.azure.net"
    mysql          = "privatelink.mysql.database.azure.com"
    redis          = "privatelink.redis.azure.net"
    cosmos_sql     = "privatelink.documents.azure.com"
    cosmos_mongo   = "privatelink.mongo.cosmos.azure.com"
    servicebus     = "privatelink.servicebus.windows.net"
    eventgrid      = "privatelink.eventgrid.azure.net"
    blob           = "privatelink.blob.core.windows.net"
    acr            = "privatelink.azurecr.io"
    apim           = "privatelink.azure-api.net"
    aks            = "privatelink.${var.location}.azmk8s.io"
    grafana        = "privatelink.grafana.azure.com"
    monitor        = "privatelink.monitor.azure.com"
    monitor_oms    = "privatelink.oms.opinsights.azure.com"
    monitor_ods    = "privatelink.ods.opinsights.azure.com"
    monitor_agents = "privatelink.agentsvc.azure-automation.net"
    prometheus     = "privatelink.${var.location}.prometheus.monitor.azure.com"
    workloads      = "${var.stage}.${var.domain}"
  }

  # Event Hubs and Service Bus share one zone.
  private_dns_zone_ids = merge(module.dns.zone_ids, { eventhub = module.dns.zone_ids["servicebus"] })

  # Azure's own ways into a gateway and into API management, without which
  # neither becomes healthy.
  gateway_rules = {
    AllowHttps          = { priority = 100, source_address_prefixes = ["Internet"], destination_port_ranges = ["443"], description = "Clients." }
    AllowHttp           = { priority = 110, source_address_prefixes = ["Internet"], destination_port_ranges = ["80"], description = "Clients, to be sent to HTTPS." }
    AllowGatewayManager = { priority = 120, source_address_prefixes = ["GatewayManager"], destination_port_ranges = ["65200-65535"], description = "Health of the gateway." }
  }

  api_management_rules = {
    AllowManagement = { priority = 100, source_address_prefixes = ["ApiManagement"], destination_address_prefixes = ["VirtualNetwork"], destination_port_ranges = ["3443"], description = "Azure's management of the service." }
    AllowGateway    = { priority = 110, source_address_prefixes = [local.subnets.gateway], destination_address_prefixes = ["VirtualNetwork"], destination_port_ranges = ["443"], description = "The application gateway." }
  }

  network_subnets = merge(local.service_subnets, length(var.dns_forwarding) == 0 ? {} : local.resolver_subnets)

  service_subnets = {
    aks               = { address_prefixes = [local.subnets.aks], nat_gateway = true }
    private_endpoints = { address_prefixes = [local.subnets.private_endpoints], private_endpoint_network_policies = "Enabled" }
    gateway           = { address_prefixes = [local.subnets.gateway], network_security_group = { rules = local.gateway_rules } }
    apim              = { address_prefixes = [local.subnets.apim], nat_gateway = true, delegation = local.api_management_delegation, network_security_group = { rules = local.api_management_rules } }
    mysql             = { address_prefixes = [local.subnets.mysql], delegation = { service = "Microsoft.DBforMySQL/flexibleServers" } }
    portal            = { address_prefixes = [local.subnets.portal], nat_gateway = true, delegation = { service = "Microsoft.App/environments" } }
    api_server        = { address_prefixes = [local.subnets.api_server], delegation = { service = "Microsoft.ContainerService/managedClusters" } }
  }

  resolver_subnets = {
    dns_inbound  = { address_prefixes = [local.subnets.dns_inbound], delegation = { service = "Microsoft.Network/dnsResolvers" } }
    dns_outbound = { address_prefixes = [local.subnets.dns_outbound], delegation = { service = "Microsoft.Network/dnsResolvers" } }
  }

  # The classic tiers are put into the subnet, PremiumV2 into a delegated one;
  # StandardV2 reaches out through one.
  api_management_delegation = startswith(var.api_management.sku_name, "PremiumV2") ? { service = "Microsoft.Web/hostingEnvironments" } : startswith(var.api_management.sku_name, "StandardV2") ? { service = "Microsoft.Web/serverFarms" } : null

  # StandardV2 cannot be put into a network: it has a private endpoint there.
  api_management_outside = startswith(var.api_management.sku_name, "StandardV2")
}
