package azure

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func security() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_key_vault_key": vaultKey, "azurerm_key_vault_certificate": vaultCertificate,
		"azurerm_key_vault_managed_hardware_security_module": func(r *cost.Reading) { r.Hourly("HSM pools", 1) },
		"azurerm_security_center_subscription_pricing":       defender,
	}
}

func vaultKey(r *cost.Reading) {
	r.UsedAs("Secrets operations", "10K transactions", "monthly_secrets_operations", 10_000)
	r.UsedAs("Storage key rotations", "renewals", "monthly_key_rotation_renewals", 1)
	kind, size := strings.ToUpper(r.Str("key_type", "RSA")), r.Str("key_size", "2048")
	simple := strings.HasPrefix(kind, "RSA") && size == "2048"
	operations := r.Told("monthly_protected_keys_operations", 10_000)
	if !strings.HasSuffix(kind, "HSM") {
		variant := "advanced"
		if simple {
			variant = "simple"
		}
		r.Add(cost.Part{Name: "Software-protected keys", Unit: "10K transactions", Quantity: operations, Variant: variant, Usage: true})
		return
	}
	keys := r.Told("hsm_protected_keys", 1)
	if simple {
		r.Add(cost.Part{Name: "HSM-protected keys", Unit: "months", Quantity: keys, Variant: "months", Usage: true})
	} else {
		r.Tiered(cost.Part{Unit: "months", Quantity: keys, Usage: true},
			cost.Tier{Name: "HSM-protected keys (first 250)", Size: 250}, cost.Tier{Name: "HSM-protected keys (next 1250)", Size: 1250},
			cost.Tier{Name: "HSM-protected keys (next 2500)", Size: 2500}, cost.Tier{Name: "HSM-protected keys (over 4000)"})
	}
	r.Add(cost.Part{Name: "HSM-protected keys", Unit: "10K transactions", Quantity: operations, Variant: "operations", Usage: true})
}

func vaultCertificate(r *cost.Reading) {
	r.UsedAs("Certificate renewals", "requests", "monthly_certificate_renewal_requests", 1)
	r.UsedAs("Certificate operations", "10K transactions", "monthly_certificate_other_operations", 10_000)
}

// plan is a plan of Defender: the component, its unit and the key of its usage.
type plan struct {
	name, unit, key string
	per             float64
}

func plans() map[string][]plan {
	return map[string][]plan{
		"appservices":       {{"Defender for app service", "node", "monthly_app_service_nodes", 1}},
		"arm":               {{"Defender for ARM", "subscription", "monthly_arm_subscriptions", 1}},
		"cosmosdbs":         {{"Defender for Cosmos DB", "RU/s x 100", "cosmosdb_request_units", 100}},
		"containerregistry": {{"Defender for container registries", "image", "monthly_container_registry_images", 1}},
		"containers":        {{"Defender for containers", "vCore", "monthly_containers_vcores", 1}},
		"dns":               {{"Defender for DNS", "1M queries", "monthly_dns_queries", 1e6}},
		"keyvaults":         {{"Defender for Key Vault", "key vault", "monthly_key_vaults", 1}},
		"kubernetesservice": {{"Defender for kubernetes", "core", "monthly_kubernetes_cores", 1}},
		"opensourcerelationaldatabases": {
			{"Defender for MySQL", "instance", "monthly_mysql_instances", 1},
			{"Defender for PostgreSQL", "instance", "monthly_postgresql_instances", 1},
			{"Defender for MariaDB", "instance", "monthly_mariadb_instances", 1},
		},
		"sqlservers":               {{"Defender for SQL, Azure-connected", "instance", "monthly_sql_azure_connected_instances", 1}},
		"sqlservervirtualmachines": {{"Defender for SQL, outside Azure", "vCore", "monthly_sql_outside_azure_vcores", 1}},
		"storageaccounts":          {{"Defender for storage", "storage account", "monthly_storage_accounts", 1}},
		"virtualmachines": {
			{"Defender for servers, plan 1", "server", "monthly_servers_plan_1_nodes", 1}, {"Defender for servers, plan 2", "server", "monthly_servers_plan_2_nodes", 1},
		},
	}
}

func defender(r *cost.Reading) {
	if r.Low("tier", "free") == "free" {
		return
	}
	kind := r.Low("resource_type", "VirtualMachines")
	for _, p := range plans()[kind] {
		if r.Told(p.key, 1) == nil && strings.Contains(p.name, "plan 1") {
			continue
		}
		r.UsedAs(p.name, p.unit, p.key, p.per)
	}
	if kind == "sqlservers" && r.Usage().Has("monthly_sql_outside_azure_vcores") {
		r.UsedAs("Defender for SQL, outside Azure", "vCore", "monthly_sql_outside_azure_vcores", 1)
	}
}
