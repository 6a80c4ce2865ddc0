# Nothing is created here: the route is one of the manifests of its workload.
locals {
  url = "https://${var.host}${var.path}"
}
