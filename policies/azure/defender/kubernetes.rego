# METADATA
# title: Defender watches Kubernetes
# description: On the tier Free, Defender for Cloud tells of no attacks on Kubernetes.
# custom:
#   severity: medium
#   fix: Set tier to "Standard".
#   controls:
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-defender-kubernetes
#   level: advisory
#   resources: [azurerm_security_center_subscription_pricing]
#   subjects:
#     - Defender kubernetes
package terrace.azure.defender.kubernetes

import data.terrace.lib.plan

path := ["tier"]

deny contains plan.finding(r, path, "does not watch Kubernetes") if {
	some r in plan.planned("azurerm_security_center_subscription_pricing")
	lower(plan.value(r, ["resource_type"], "VirtualMachines")) == "kubernetesservice"
	lower(plan.certain(r, path, "Free")) != "standard"
}
