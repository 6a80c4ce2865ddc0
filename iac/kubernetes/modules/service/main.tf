resource "terrace_kubernetes_workload" "this" {
  name            = var.name
  release         = var.release
  release_version = var.release_version
  containers      = var.containers
  ports           = var.ports
  routes          = var.routes
  claims          = var.claims
  calls           = var.calls
  identity        = var.identity
  vault           = var.vault
  scaling         = var.scaling
  security        = var.security
  egress          = var.egress
  start_timeout   = var.start_timeout
  labels          = local.tags
  tags            = local.tags
}
