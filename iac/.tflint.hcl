# Every rule of Terraform's own set.
plugin "terraform" {
  enabled = true
  preset  = "all"
}

config {
  call_module_type = "none"
}

# A module's files are cut by topic (main.network.tf, contract.lock.tf), which
# this rule takes for a breach of the standard structure.
rule "terraform_standard_module_structure" {
  enabled = false
}
