output "resource_id" {
  description = "Resource id of the identity."
  value       = local.resource_id
}

output "name" {
  description = "Name of the identity."
  value       = local.creates ? azurerm_user_assigned_identity.this[0].name : local.existing_id_parts[8]
}

output "principal_id" {
  description = "Object id of the identity's service principal: what roles are given to."
  value       = local.principal_id
}

output "client_id" {
  description = "Client id of the identity: what a workload signs in with."
  value       = local.creates ? azurerm_user_assigned_identity.this[0].client_id : data.azurerm_user_assigned_identity.existing[0].client_id
}

output "tenant_id" {
  description = "Tenant of the identity."
  value       = local.creates ? azurerm_user_assigned_identity.this[0].tenant_id : data.azurerm_user_assigned_identity.existing[0].tenant_id
}

output "credential_resource_ids" {
  description = "Resource ids of the federated credentials, by their names."
  value       = { for name, c in azurerm_federated_identity_credential.this : name => c.id }
}

output "subjects" {
  description = "Subjects that may sign in as the identity, by the names of the credentials."
  value       = { for name, c in azurerm_federated_identity_credential.this : name => c.subject }
}

output "granted_role_assignment_resource_ids" {
  description = "Resource ids of the roles that the identity has, by the keys of granted_roles."
  value       = { for key, a in azurerm_role_assignment.granted : key => a.id }
}
