output "resource_ids" {
  description = "Resource ids of the identities, by the keys of identities."
  value       = { for key, i in azurerm_user_assigned_identity.this : key => i.id }
}

output "names" {
  description = "Names of the identities, by the keys of identities."
  value       = { for key, i in azurerm_user_assigned_identity.this : key => i.name }
}

output "principal_ids" {
  description = "Object ids of the identities' service principals (what roles are given to), by the keys of identities."
  value       = local.principal_ids
}

output "client_ids" {
  description = "Client ids of the identities (what a workload signs in with), by the keys of identities."
  value       = { for key, i in azurerm_user_assigned_identity.this : key => i.client_id }
}

output "tenant_ids" {
  description = "Tenants of the identities, by the keys of identities."
  value       = { for key, i in azurerm_user_assigned_identity.this : key => i.tenant_id }
}

output "role_definition_resource_ids" {
  description = "Resource ids of the roles, by the keys of role_definitions."
  value       = { for key, d in azurerm_role_definition.this : key => d.role_definition_resource_id }
}

output "role_assignment_resource_ids" {
  description = "Resource ids of the role assignments, by the keys of assignments."
  value       = { for key, a in azurerm_role_assignment.this : key => a.id }
}
