# METADATA
# title: SSH is not open to the Internet
# description: Whoever is let in by SSH from everywhere is tried with stolen passwords within minutes.
# custom:
#   severity: critical
#   fix: Name the networks that may come in source_address_prefixes, or use Azure Bastion.
#   controls:
#     cis-azure-3.0.0: ["7.2"]
#     iso-27001-2022: ["A.8.20", "A.8.22"]
#     mcsb: ["NS-1", "NS-3"]
#   id: azure-network-ssh-from-internet
#   level: hard-mandatory
#   resources: [azurerm_network_security_group, azurerm_network_security_rule]
#   subjects: [nsg rule SSH, network security ssh, azurerm_network_security_rule.ssh, SSH access restricted]
package terrace.azure.network.ssh_from_internet

import data.terrace.lib.network
import data.terrace.lib.plan

deny contains plan.finding(rule.resource, rule.path, "lets the Internet in by SSH") if {
	some rule in network.admitted
	network.reaches(rule, {"tcp"}, 22)
}
