resource "azurerm_private_dns_a_record" "this" {
  for_each = toset(local.records_of["A"])

  name                = local.records[each.key].name
  private_dns_zone_id = local.records[each.key].zone_id
  ttl                 = local.records[each.key].ttl
  records             = local.records[each.key].values
  tags                = var.tags
}

resource "azurerm_private_dns_aaaa_record" "this" {
  for_each = toset(local.records_of["AAAA"])

  name                = local.records[each.key].name
  private_dns_zone_id = local.records[each.key].zone_id
  ttl                 = local.records[each.key].ttl
  records             = local.records[each.key].values
  tags                = var.tags
}

resource "azurerm_private_dns_ptr_record" "this" {
  for_each = toset(local.records_of["PTR"])

  name                = local.records[each.key].name
  private_dns_zone_id = local.records[each.key].zone_id
  ttl                 = local.records[each.key].ttl
  records             = local.records[each.key].values
  tags                = var.tags
}

resource "azurerm_private_dns_cname_record" "this" {
  for_each = toset(local.records_of["CNAME"])

  name                = local.records[each.key].name
  private_dns_zone_id = local.records[each.key].zone_id
  ttl                 = local.records[each.key].ttl
  record              = local.records[each.key].values[0]
  tags                = var.tags
}

resource "azurerm_private_dns_txt_record" "this" {
  for_each = toset(local.records_of["TXT"])

  name                = local.records[each.key].name
  private_dns_zone_id = local.records[each.key].zone_id
  ttl                 = local.records[each.key].ttl
  tags                = var.tags

  dynamic "record" {
    for_each = local.records[each.key].values

    content {
      value = record.value
    }
  }
}

resource "azurerm_private_dns_mx_record" "this" {
  for_each = toset(local.records_of["MX"])

  name                = local.records[each.key].name
  private_dns_zone_id = local.records[each.key].zone_id
  ttl                 = local.records[each.key].ttl
  tags                = var.tags

  dynamic "record" {
    for_each = local.records[each.key].mx

    content {
      preference = record.value.preference
      exchange   = record.value.exchange
    }
  }
}

resource "azurerm_private_dns_srv_record" "this" {
  for_each = toset(local.records_of["SRV"])

  name                = local.records[each.key].name
  private_dns_zone_id = local.records[each.key].zone_id
  ttl                 = local.records[each.key].ttl
  tags                = var.tags

  dynamic "record" {
    for_each = local.records[each.key].srv

    content {
      priority = record.value.priority
      weight   = record.value.weight
      port     = record.value.port
      target   = record.value.target
    }
  }
}
