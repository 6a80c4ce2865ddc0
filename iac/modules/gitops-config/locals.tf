locals {
  # What the platform's manifests may name: ${env}, ${location}, ….
  platform_values = merge(
    { for key, value in var.tags : replace(key, "/[^a-zA-Z0-9_]/", "_") => value },
    { location = var.location, resource_group = var.resource_group_name, stage = var.stage },
    var.platform_values,
  )

  # The layout of a stage's repository: what the cluster itself is made of, then the workloads.
  stage_kustomizations = {
    clusters = {
      path       = "./clusters/${var.stage}"
      substitute = local.platform_values
    }
    workloads = {
      path       = "./workloads/${var.stage}"
      depends_on = ["clusters"]
    }
  }

  stage_configurations = {
    stage = {
      namespace      = "flux-system"
      scope          = "cluster"
      repository     = var.repository
      kustomizations = local.stage_kustomizations
    }
  }

  # Both have the same shape after this: what a kustomization leaves out is filled in.
  configurations = {
    for key, configuration in merge(local.stage_configurations, var.configurations) : key => {
      namespace  = configuration.namespace
      scope      = configuration.scope
      repository = configuration.repository
      kustomizations = {
        for name, k in configuration.kustomizations : name => {
          path                      = k.path
          depends_on                = try(k.depends_on, [])
          substitute                = try(k.substitute, {})
          prune                     = try(k.prune, var.kustomization_defaults.prune)
          wait                      = try(k.wait, var.kustomization_defaults.wait)
          recreate                  = try(k.recreate, var.kustomization_defaults.recreate)
          sync_interval_in_seconds  = try(k.sync_interval_in_seconds, var.kustomization_defaults.sync_interval_in_seconds)
          retry_interval_in_seconds = try(k.retry_interval_in_seconds, var.kustomization_defaults.retry_interval_in_seconds)
          timeout_in_seconds        = try(k.timeout_in_seconds, var.kustomization_defaults.timeout_in_seconds)
        }
      }
    }
  }

  workload_identity_settings = var.workload_identity == null ? {} : {
    "workloadIdentity.enable"        = "true"
    "workloadIdentity.azureClientId" = var.workload_identity.client_id
  }

  settings = merge({
    "multiTenancy.enforce"                = tostring(var.multi_tenancy_enforced)
    "source-controller.enabled"           = "true"
    "kustomize-controller.enabled"        = "true"
    "helm-controller.enabled"             = tostring(var.helm_enabled)
    "notification-controller.enabled"     = tostring(var.notifications_enabled)
    "image-automation-controller.enabled" = "false"
    "image-reflector-controller.enabled"  = "false"
  }, local.workload_identity_settings, var.extension_settings)
}
