# METADATA
# title: Pools of Batch have no public addresses
# description: What answers the Internet is tried by everyone.
# custom:
#   severity: medium
#   fix: Set public_address_provisioning_type in network_configuration to "NoPublicIPAddresses".
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-batch-pool-public-ip
#   level: advisory
#   resources: [azurerm_batch_pool]
#   subjects:
#     - Batch pool public
#     - azurerm_batch_pool.public_address_provisioning_type
package terrace.azure.batch.pool_public_ip

import data.terrace.lib.plan

path := ["network_configuration", 0, "public_address_provisioning_type"]

deny contains plan.finding(r, path, "has public addresses") if {
	some r in plan.planned("azurerm_batch_pool")
	plan.certain(r, path, "BatchManaged") != "NoPublicIPAddresses"
}
