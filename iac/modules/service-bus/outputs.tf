output "resource_id" {
  description = "Resource id of the namespace."
  value       = local.resource_id
}

output "name" {
  description = "Name of the namespace."
  value       = local.namespace_name
}

output "endpoint" {
  description = "Endpoint of the namespace: https://<host>:443/."
  value       = local.endpoint
}

output "host" {
  description = "Host name of the namespace, for AMQP (port 5671) and HTTPS."
  value       = local.endpoint == null ? null : try(regex("^[a-z]+://([^:/]+)", local.endpoint)[0], local.endpoint)
}

output "queue_names" {
  description = "Names of the queues, by the keys of queues."
  value       = { for key, q in azurerm_servicebus_queue.this : key => q.name }
}

output "queue_resource_ids" {
  description = "Resource ids of the queues, by the keys of queues."
  value       = { for key, q in azurerm_servicebus_queue.this : key => q.id }
}

output "topic_names" {
  description = "Names of the topics, by the keys of topics."
  value       = { for key, t in azurerm_servicebus_topic.this : key => t.name }
}

output "topic_resource_ids" {
  description = "Resource ids of the topics, by the keys of topics."
  value       = { for key, t in azurerm_servicebus_topic.this : key => t.id }
}

output "subscription_resource_ids" {
  description = "Resource ids of the subscriptions, by <topic key>/<subscription key>."
  value       = { for key, s in azurerm_servicebus_subscription.this : key => s.id }
}

output "system_assigned_principal_id" {
  description = "Principal id of the system-assigned identity, null without one."
  value       = try(azurerm_servicebus_namespace.this[0].identity[0].principal_id, null)
}

output "private_endpoint_resource_ids" {
  description = "Resource ids of the private endpoints, by the keys of private_endpoints."
  value       = { for key, e in azurerm_private_endpoint.this : key => e.id }
}
