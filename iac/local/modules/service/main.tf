resource "terrace_service" "this" {
  name            = var.name
  release         = var.release
  release_version = var.release_version
  containers      = var.containers
  concealed       = length(var.concealed) > 0 ? sensitive(var.concealed) : null
  ports           = var.ports
  start_timeout   = var.start_timeout
  tags            = local.tags
}
