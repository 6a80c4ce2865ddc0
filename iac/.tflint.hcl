# Every rule of Terraform's own set.
plugin "terraform" {
  enabled = true
  preset  = "all"
}

# The rules for azurerm: what Azure's own API accepts. `tflint --init` fetches them.
plugin "azurerm" {
  enabled = true
  version = "0.32.0"
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

# prevent_destroy is a constant of the code, and stages are there to be destroyed
# by their workflow: what must stay is kept by the contract's lock, by purge
# protection and by soft deletion.
rule "azurerm_resources_missing_prevent_destroy" {
  enabled = false
}
