# Every rule of Terraform's own set.
plugin "terraform" {
  enabled = true
  preset  = "all"
}

# The rules for azurerm: what Azure's own API accepts. `tflint --init` fetches them.
plugin "azurerm" {
  enabled = true
  version = "0.27.0"
  source  = "github.com/terraform-linters/tflint-ruleset-azurerm"
}

config {
  call_module_type = "none"
}

# A module's files are cut by topic (main.network.tf, contract.lock.tf), which
# this rule takes for a breach of the standard structure.
rule "terraform_standard_module_structure" {
  enabled = false
}
