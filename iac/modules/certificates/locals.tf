locals {
  key_vault_name = split("/", var.key_vault.resource_id)[8]

  role_assignments = merge([
    for key, c in var.certificates : { for name, a in c.role_assignments : "${key}/${name}" => merge(a, { key = key }) }
  ]...)

  event_types = [
    "Microsoft.KeyVault.CertificateNewVersionCreated",
    "Microsoft.KeyVault.CertificateNearExpiry",
    "Microsoft.KeyVault.CertificateExpired",
  ]

  event_destinations = merge(
    { for key, id in try(var.expiry_events.service_bus_queue_resource_ids, {}) : "queue-${key}" => { queue = id, topic = null, hub = null, webhook = null } },
    { for key, id in try(var.expiry_events.service_bus_topic_resource_ids, {}) : "topic-${key}" => { queue = null, topic = id, hub = null, webhook = null } },
    { for key, id in try(var.expiry_events.event_hub_resource_ids, {}) : "hub-${key}" => { queue = null, topic = null, hub = id, webhook = null } },
    { for key, url in try(var.expiry_events.webhook_urls, {}) : "webhook-${key}" => { queue = null, topic = null, hub = null, webhook = url } },
  )
}
