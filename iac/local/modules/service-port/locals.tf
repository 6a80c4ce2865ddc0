locals {
  endpoint = var.port == "" ? one(values(data.terrace_service.this.endpoints)) : data.terrace_service.this.endpoints[var.port]
}
