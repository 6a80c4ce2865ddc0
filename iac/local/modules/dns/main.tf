resource "terrace_dns_record" "this" {
  name   = local.label
  type   = var.type
  ttl    = var.ttl
  values = var.values
  tags   = local.tags
}
