# prod: highly available and secure. In three zones, private, with copies in a
# second region, locked, and with protection from floods of traffic.
stage                   = "prod"
address_space           = "10.50.0.0/16"
ddos_protection_enabled = true

tags = {
  costcenter = "4711"
  owner      = "platform-team"
}

# The company's own network, and who knows its names.
dns_forwarding = { "corp.example.com" = ["10.0.0.4", "10.0.0.5"] }

gateway = {
  min_capacity = 3
  max_capacity = 20
}

aks = {
  sku_tier      = "Premium"
  system_pool   = { vm_size = "Standard_D4ds_v5", min = 3, max = 6 }
  workload_pool = { vm_size = "Standard_D8ds_v5", min = 3, max = 30 }
}

gitops = {
  repository = "https://dev.azure.com/terrace-idp/platform/_git/prod"
}

github_repository = "terrace-idp/terrace"

api_management = {
  sku_name        = "PremiumV2_2"
  publisher_email = "platform@example.com"
}

monitoring = {
  retention_days = 365
  alert_emails   = { platform = "platform@example.com", security = "security@example.com" }
}

mysql       = { sku_name = "GP_Standard_D8ads_v5" }
redis       = { sku_name = "Balanced_B20" }
cosmos      = { max_throughput = 10000 }
service_bus = { capacity = 2 }
event_hub   = { capacity = 2 }

portal = {
  image        = "ghcr.io/terrace-idp/terrace:0.3.0"
  min_replicas = 3
  max_replicas = 10
}

budget = {
  amount = 40000
  emails = ["platform@example.com", "finance@example.com"]
}
