resource "azurerm_mysql_flexible_database" "this" {
  for_each = var.databases

  name                = local.database_names[each.key]
  server_name         = local.server_name
  resource_group_name = local.resource_group_name
  charset             = each.value.charset
  collation           = each.value.collation
}
