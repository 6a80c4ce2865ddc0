# METADATA
# title: Ports of databases are not open to the Internet
# description: A database that everyone reaches is as safe as its weakest password.
# custom:
#   severity: critical
#   fix: Name the networks that may come in source_address_prefixes, or use private endpoints.
#   controls:
#     iso-27001-2022: ["A.8.20", "A.8.22"]
#     mcsb: ["NS-1"]
#   id: azure-network-database-ports-from-internet
#   level: hard-mandatory
#   resources: [azurerm_network_security_group, azurerm_network_security_rule]
#   subjects: [nsg rule database, network security database port]
package terrace.azure.network.database_ports_from_internet

import data.terrace.lib.network
import data.terrace.lib.plan

ports := {"SQL Server": 1433, "MySQL": 3306, "PostgreSQL": 5432, "Redis": 6379, "MongoDB": 27017}

deny contains plan.finding(rule.resource, rule.path, sprintf("lets the Internet in to %s", [name])) if {
	some rule in network.admitted
	not "*" in rule.ports
	some name, port in ports
	network.reaches(rule, {"tcp"}, port)
}
