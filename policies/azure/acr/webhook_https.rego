# METADATA
# title: Webhooks of registries use HTTPS
# description: Headers of webhooks hold secrets; plain HTTP shows them to everyone on the way.
# custom:
#   severity: high
#   fix: Set service_uri to one that begins with https://.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3"]
#   id: azure-acr-webhook-https
#   level: soft-mandatory
#   resources: [azurerm_container_registry_webhook]
#   subjects: [azurerm_container_registry_webhook.service_uri, ACR https webhook, container registry https webhook]
package terrace.azure.acr.webhook_https

import data.terrace.lib.plan

path := ["service_uri"]

deny contains plan.finding(r, path, "calls by plain HTTP") if {
	some r in plan.planned("azurerm_container_registry_webhook")
	not startswith(lower(plan.value(r, path, "")), "https://")
	not plan.unknown(r, path)
}
