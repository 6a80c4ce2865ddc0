locals {
  zone_names = { for key, z in var.zones : key => coalesce(z.domain, key) }
  zone_ids   = { for key, z in azurerm_private_dns_zone.this : key => z.id }

  links = merge([
    for zone_key, z in var.zones : merge(
      { for key, l in var.virtual_network_links : "${zone_key}/${key}" => merge(l, { zone_key = zone_key, name = coalesce(l.name, "link-${key}"), registration_enabled = false }) },
      { for key, l in z.virtual_network_links : "${zone_key}/${key}" => merge(l, { zone_key = zone_key, name = coalesce(l.name, "link-${key}") }) },
    )
  ]...)

  # Records have the key of their zone in front; those of the zone that exists have none.
  records = merge(
    { for key, r in var.records : key => merge(r, { zone_id = var.existing_zone.resource_id, name = coalesce(r.name, key) }) },
    merge([
      for zone_key, z in var.zones : { for key, r in z.records : "${zone_key}/${key}" => merge(r, { zone_id = local.zone_ids[zone_key], name = coalesce(r.name, key) }) }
    ]...),
  )

  record_types = merge(
    { for key, r in var.records : key => r.type },
    merge([for zone_key, z in var.zones : { for key, r in z.records : "${zone_key}/${key}" => r.type }]...),
  )

  records_of = { for type in ["A", "AAAA", "CNAME", "MX", "PTR", "SRV", "TXT"] : type => [for key, t in local.record_types : key if t == type] }

  role_assignments = merge([
    for zone_key, z in var.zones : { for key, a in z.role_assignments : "${zone_key}/${key}" => merge(a, { zone_key = zone_key }) }
  ]...)

  rulesets = var.resolver == null ? {} : var.resolver.forwarding_rulesets

  ruleset_links = merge([
    for ruleset_key, r in local.rulesets : { for key, l in r.virtual_network_links : "${ruleset_key}/${key}" => merge(l, { ruleset_key = ruleset_key, name = coalesce(l.name, "link-${key}") }) }
  ]...)

  rules = merge([
    for ruleset_key, r in local.rulesets : { for key, rule in r.rules : "${ruleset_key}/${key}" => merge(rule, { ruleset_key = ruleset_key, name = key }) }
  ]...)
}
