resource "terrace_mysql_database" "this" {
  name = var.name
  tags = local.tags
}
