# METADATA
# title: Application gateways take TLS 1.2 or newer
# description: Without a policy, gateways take TLS 1.0 and ciphers that can be broken.
# custom:
#   severity: high
#   fix: Add ssl_policy with policy_type = "Predefined" and policy_name = "AppGwSslPolicy20220101S".
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-gateway-tls
#   level: soft-mandatory
#   resources: [azurerm_application_gateway]
#   subjects:
#     - azurerm_application_gateway.ssl_policy
#     - application gateway tls
#     - application gateway ssl policy
#     - app gateway secure protocols
#     - appgw defines secure protocols
package terrace.azure.gateway.tls

import data.terrace.lib.plan

path := ["ssl_policy"]

deny contains plan.finding(r, path, "takes old versions of TLS, or weak ciphers") if {
	some r in plan.planned("azurerm_application_gateway")
	not strong(r)
}

# Predefined policies whose ciphers are all strong.
strong(r) if plan.value(r, ["ssl_policy", 0, "policy_name"], "") in {"AppGwSslPolicy20220101S", "AppGwSslPolicy20220101"}

strong(r) if {
	plan.value(r, ["ssl_policy", 0, "policy_type"], "") in {"Custom", "CustomV2"}
	plan.value(r, ["ssl_policy", 0, "min_protocol_version"], "") in {"TLSv1_2", "TLSv1_3"}
	every cipher in plan.value(r, ["ssl_policy", 0, "cipher_suites"], []) {
		not weak(cipher)
	}
}

# weak ciphers have no forward secrecy, or no authentication of what they
# encrypt; those of TLS 1.3 have both.
weak(cipher) if {
	not startswith(cipher, "TLS_ECDHE_")
	not startswith(cipher, "TLS_AES_")
}

weak(cipher) if contains(cipher, "_CBC_")
