# METADATA
# title: Search services have three replicas
# description: Microsoft promises updates of indexes from 3 replicas on; replicas are spread over zones.
# custom:
#   severity: low
#   fix: Set replica_count to at least 3.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-search-replicas-for-indexes
#   level: advisory
#   resources: [azurerm_search_service]
#   subjects:
#     - Search SLA index
#     - Search index replicas
package terrace.azure.search.replicas_for_indexes

import data.terrace.lib.plan

path := ["replica_count"]

deny contains plan.finding(r, path, "has fewer than 3 replicas") if {
	some r in plan.planned("azurerm_search_service")
	plan.value(r, path, 1) < 3
}
