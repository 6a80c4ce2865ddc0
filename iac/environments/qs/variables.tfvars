# qs: security, performance and acceptance. Like prod in kind, so that what is
# found here holds there; smaller in size, and with its copies in one region.
stage         = "qs"
address_space = "10.40.0.0/16"
geo_redundant = false

tags = {
  costcenter = "4711"
  owner      = "platform-team"
}

# The company's own network, and who knows its names.
dns_forwarding = { "corp.example.com" = ["10.0.0.4", "10.0.0.5"] }

gateway = {
  min_capacity = 2
  max_capacity = 10
}

aks = {
  system_pool   = { vm_size = "Standard_D4ds_v5", min = 3, max = 6 }
  workload_pool = { vm_size = "Standard_D8ds_v5", min = 3, max = 12 }
}

gitops = {
  repository = "https://dev.azure.com/terrace-idp/platform/_git/qs"
}

github_repository = "terrace-idp/terrace"

api_management = {
  sku_name        = "PremiumV2_1"
  publisher_email = "platform@example.com"
}

monitoring = {
  retention_days = 90
  alert_emails   = { platform = "platform@example.com", security = "security@example.com" }
}

mysql  = { sku_name = "GP_Standard_D4ads_v5" }
redis  = { sku_name = "Balanced_B10" }
cosmos = { max_throughput = 4000 }

portal = {
  image        = "ghcr.io/terrace-idp/terrace:0.3.0"
  min_replicas = 2
  max_replicas = 5
}

budget = {
  amount = 15000
  emails = ["platform@example.com"]
}
