# test: functional validation. As dev, with room for test runs and dashboards.
stage         = "test"
address_space = "10.20.0.0/16"
zones         = []
geo_redundant = false
locked        = false

tags = {
  costcenter = "4711"
  owner      = "platform-team"
}

gateway = {
  min_capacity = 0
  max_capacity = 2
}

aks = {
  sku_tier        = "Free"
  os_disk_size_gb = 64
  system_pool     = { vm_size = "Standard_D2ds_v5", min = 1, max = 3 }
  workload_pool   = { vm_size = "Standard_D4ds_v5", min = 1, max = 5 }
}

gitops = {
  repository = "https://dev.azure.com/terrace-idp/platform/_git/test"
}

github_repository = "terrace-idp/terrace"

key_vault = {
  sku_name                   = "standard"
  purge_protection_enabled   = false
  soft_delete_retention_days = 7
}

api_management = {
  sku_name        = "Developer_1"
  publisher_email = "platform@example.com"
}

monitoring = {
  retention_days = 30
  daily_quota_gb = 5
  alert_emails   = { platform = "platform@example.com" }
}

mysql = {
  sku_name              = "B_Standard_B2s"
  backup_retention_days = 7
}

redis       = { sku_name = "Balanced_B1" }
cosmos      = { serverless = true }
service_bus = { sku = "Standard" }
event_hub   = { sku = "Standard" }

portal = {
  image        = "ghcr.io/terrace-idp/terrace:0.3.0"
  registry_sku = "Standard"
  min_replicas = 1
  max_replicas = 2
}

budget = {
  amount = 2500
  emails = ["platform@example.com"]
}

policies = {
  enforced  = false
  standards = ["mcsb", "cis"]
  defender  = false
}
