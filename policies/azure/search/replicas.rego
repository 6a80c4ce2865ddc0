# METADATA
# title: Search services have two replicas
# description: Microsoft promises queries from 2 replicas on; replicas are spread over zones.
# custom:
#   severity: low
#   fix: Set replica_count to at least 2.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-search-replicas
#   level: advisory
#   resources: [azurerm_search_service]
#   subjects:
#     - Search SLA query
#     - Search replica
#     - Search zone
#     - azurerm_search_service.replica_count
package terrace.azure.search.replicas

import data.terrace.lib.plan

path := ["replica_count"]

deny contains plan.finding(r, path, "has fewer than 2 replicas") if {
	some r in plan.planned("azurerm_search_service")
	plan.value(r, path, 1) < 2
}
