# Nothing is created here: the claim is one of the manifests of its workload.
locals {
  source = var.name
}
