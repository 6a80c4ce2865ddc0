variable "private_endpoints" {
  type = map(object({
    subnet_resource_id            = string
    name                          = optional(string)
    subresource_name              = optional(string)
    member_name                   = optional(string)
    private_dns_zone_resource_ids = optional(map(string), {})
    resource_group_name           = optional(string)
    private_ip_address            = optional(string)
  }))
  description = "Private endpoints of the main resource, by keys of your choice: the subnet, and the private DNS zones to register in (by keys of your choice, so that ids may be known only after apply). A private_ip_address is that of the subresource's member, which bears its name unless member_name says otherwise: default, for a vault."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for e in var.private_endpoints : can(regex("(?i)/subnets/[^/]+$", e.subnet_resource_id))])
    error_message = "Each private endpoint's subnet_resource_id must be the resource id of a subnet."
  }

  validation {
    condition     = alltrue([for e in var.private_endpoints : e.private_ip_address == null ? e.member_name == null : can(cidrhost("${e.private_ip_address}/32", 0))])
    error_message = "A private endpoint's private_ip_address must be an IPv4 address, and a member_name needs one."
  }
}

resource "azurerm_private_endpoint" "this" {
  for_each = var.private_endpoints

  name                          = coalesce(each.value.name, "pe-${var.name}-${each.key}")
  location                      = var.location
  resource_group_name           = coalesce(each.value.resource_group_name, var.resource_group_name)
  subnet_id                     = each.value.subnet_resource_id
  custom_network_interface_name = "nic-${coalesce(each.value.name, "pe-${var.name}-${each.key}")}"
  tags                          = var.tags

  private_service_connection {
    name                           = "psc-${var.name}-${each.key}"
    private_connection_resource_id = local.resource_id
    is_manual_connection           = false
    subresource_names              = [coalesce(each.value.subresource_name, local.private_endpoint_subresource)]
  }

  dynamic "private_dns_zone_group" {
    for_each = length(each.value.private_dns_zone_resource_ids) > 0 ? [true] : []

    content {
      name                 = "default"
      private_dns_zone_ids = values(each.value.private_dns_zone_resource_ids)
    }
  }

  dynamic "ip_configuration" {
    for_each = each.value.private_ip_address == null ? [] : [each.value.private_ip_address]

    content {
      name               = "ip-${each.key}"
      private_ip_address = ip_configuration.value
      subresource_name   = coalesce(each.value.subresource_name, local.private_endpoint_subresource)
      member_name        = coalesce(each.value.member_name, each.value.subresource_name, local.private_endpoint_subresource)
    }
  }
}
