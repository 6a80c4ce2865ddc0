# What iac/bootstrap made; it prints these values as its output "backends".
resource_group_name  = "rg-terrace-state"
storage_account_name = "stterracestate"
container_name       = "tfstate-dev"
key                  = "landing-zone.tfstate"
