locals {
  endpoint = var.port == "" ? one(values(data.terrace_kubernetes_workload.this.endpoints)) : data.terrace_kubernetes_workload.this.endpoints[var.port]
}
