resource "terrace_cache" "this" {
  name = var.name
  tls  = var.tls
  tags = local.tags
}
