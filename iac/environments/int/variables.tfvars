# int: system-wide integration. Private throughout and with policies that deny,
# as later stages are; not yet in several zones.
stage         = "int"
address_space = "10.30.0.0/16"
zones         = []
geo_redundant = false
locked        = true

tags = {
  costcenter = "4711"
  owner      = "platform-team"
}

gateway = {
  min_capacity = 1
  max_capacity = 4
}

aks = {
  system_pool   = { vm_size = "Standard_D4ds_v5", min = 2, max = 3 }
  workload_pool = { vm_size = "Standard_D4ds_v5", min = 2, max = 8 }
}

gitops = {
  repository = "https://dev.azure.com/terrace-idp/platform/_git/int"
}

github_repository = "terrace-idp/terrace"

key_vault = {
  soft_delete_retention_days = 30
}

api_management = {
  sku_name        = "StandardV2_1"
  publisher_email = "platform@example.com"
}

monitoring = {
  retention_days = 60
  daily_quota_gb = 10
  alert_emails   = { platform = "platform@example.com" }
}

mysql = {
  sku_name              = "GP_Standard_D2ads_v5"
  backup_retention_days = 14
}

redis     = { sku_name = "Balanced_B3" }
cosmos    = { max_throughput = 1000 }
event_hub = { sku = "Standard", capacity = 2 }

portal = {
  image        = "ghcr.io/terrace-idp/terrace:0.3.0"
  min_replicas = 1
  max_replicas = 3
}

budget = {
  amount = 6000
  emails = ["platform@example.com"]
}

policies = {
  standards = ["mcsb", "cis"]
}
