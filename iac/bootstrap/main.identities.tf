resource "azurerm_user_assigned_identity" "this" {
  for_each = local.identities

  name                = "id-${var.name_prefix}-${each.key}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = var.tags
}

resource "azurerm_federated_identity_credential" "github" {
  for_each = var.github_repository == null ? {} : local.identities

  name                      = "github-${each.value.environment}"
  user_assigned_identity_id = azurerm_user_assigned_identity.this[each.key].id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = var.github_issuer
  subject                   = "repo:${var.github_repository}:environment:${each.value.environment}"
}

resource "azurerm_federated_identity_credential" "terrace" {
  for_each = var.terrace == null ? {} : local.identities

  name                      = "terrace"
  user_assigned_identity_id = azurerm_user_assigned_identity.this[each.key].id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = var.terrace.issuer
  subject                   = var.terrace.subject

  # Azure takes one change of an identity's credentials at a time.
  depends_on = [azurerm_federated_identity_credential.github]
}
