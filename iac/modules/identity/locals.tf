locals {
  privileged_roles = ["owner", "user access administrator", "role based access control administrator"]

  principal_ids = { for key, i in azurerm_user_assigned_identity.this : key => i.principal_id }

  locks = { for key, i in var.identities : key => i.lock if i.lock != null }
}
