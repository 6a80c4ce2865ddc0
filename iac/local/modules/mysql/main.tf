resource "terrace_mysql_database" "this" {
  name = var.name
  tls  = var.tls
  tags = local.tags
}
