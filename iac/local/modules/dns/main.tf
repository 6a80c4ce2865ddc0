resource "terrace_dns_record" "this" {
  name   = local.label
  type   = var.type
  ttl    = var.ttl
  values = var.values
  tags   = local.tags

  # A workload's own record and that of its route can have one host name: each holds it under its own name.
  claim = var.name
}
