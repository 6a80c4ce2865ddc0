data "terrace_kubernetes_workload" "this" {
  name = var.service

  lifecycle {
    postcondition {
      condition     = var.port == "" ? length(self.endpoints) == 1 : contains(keys(self.endpoints), var.port)
      error_message = "The service ${var.service} has no such port, or several and none was named; its ports are: ${join(", ", keys(self.endpoints))}."
    }
  }
}
