output "resource_id" {
  description = "Resource id of the namespace."
  value       = local.resource_id
}

output "name" {
  description = "Name of the namespace."
  value       = local.namespace_name
}

output "host" {
  description = "Host name of the namespace."
  value       = local.host
}

output "port" {
  description = "Port at which the namespace speaks Kafka, with TLS."
  value       = 9093
}

output "kafka_bootstrap_server" {
  description = "What a Kafka client takes as bootstrap.servers (security.protocol SASL_SSL, sasl.mechanism OAUTHBEARER)."
  value       = "${local.host}:9093"
}

output "event_hub_names" {
  description = "Names of the event hubs (to Kafka: topics), by the keys of event_hubs."
  value       = { for key, h in azurerm_eventhub.this : key => h.name }
}

output "event_hub_resource_ids" {
  description = "Resource ids of the event hubs, by the keys of event_hubs."
  value       = { for key, h in azurerm_eventhub.this : key => h.id }
}

output "event_hub_partition_counts" {
  description = "Numbers of partitions, by the keys of event_hubs."
  value       = { for key, h in azurerm_eventhub.this : key => h.partition_count }
}

output "consumer_group_names" {
  description = "Names of the consumer groups, by <event hub key>/<consumer group key>."
  value       = { for key, g in azurerm_eventhub_consumer_group.this : key => g.name }
}

output "schema_group_resource_ids" {
  description = "Resource ids of the schema groups, by the keys of schema_groups."
  value       = { for key, g in azurerm_eventhub_namespace_schema_group.this : key => g.id }
}

output "event_grid_topic_resource_ids" {
  description = "Resource ids of the Event Grid topics, by the keys of event_grid_topics."
  value       = { for key, t in azurerm_eventgrid_topic.this : key => t.id }
}

output "event_grid_topic_endpoints" {
  description = "Endpoints that events are published to, by the keys of event_grid_topics."
  value       = { for key, t in azurerm_eventgrid_topic.this : key => t.endpoint }
}

output "event_grid_system_topic_resource_ids" {
  description = "Resource ids of the Event Grid system topics, by the keys of event_grid_system_topics."
  value       = { for key, t in azurerm_eventgrid_system_topic.this : key => t.id }
}

output "system_assigned_principal_id" {
  description = "Principal id of the namespace's system-assigned identity, null without one."
  value       = try(azurerm_eventhub_namespace.this[0].identity[0].principal_id, null)
}

output "private_endpoint_resource_ids" {
  description = "Resource ids of the namespace's private endpoints, by the keys of private_endpoints."
  value       = { for key, e in azurerm_private_endpoint.this : key => e.id }
}
