package pricebook

import "fmt"

// messageMeters are brokers of messages and events.
func messageMeters() []retailRule {
	const bus, hubs = "Service Bus", "Event Hubs"
	return []retailRule{
		rule(bus, "", "^Standard$", `^Standard Base Unit$`, "servicebus_namespace", "Base charge", "hours"),
		rule(bus, "", "^Premium$", `^Premium Messaging Unit$`, "servicebus_namespace", "Messaging units", "units"),
		rule(bus, "", "^Basic$", `^Basic Messaging Operations$`, "servicebus_namespace", "Messaging operations", "1M operations"),
		rule(bus, "", "^Standard$", `^Standard Messaging Operations$`, "servicebus_namespace", "Messaging operations (13M-100M)", "1M operations").beginning(13),
		rule(bus, "", "^Standard$", `^Standard Messaging Operations$`, "servicebus_namespace", "Messaging operations (100M-2,500M)", "1M operations").beginning(100),
		rule(bus, "", "^Standard$", `^Standard Messaging Operations$`, "servicebus_namespace", "Messaging operations (over 2,500M)", "1M operations").beginning(2500),
		rule(bus, "", "^Standard$", `^Standard Brokered Connection$`, "servicebus_namespace", "Brokered connections (1K-100K)", "connections").beginning(1000),
		rule(bus, "", "^Standard$", `^Standard Brokered Connection$`, "servicebus_namespace", "Brokered connections (100K-500K)", "connections").beginning(100_000),
		rule(bus, "", "^Standard$", `^Standard Brokered Connection$`, "servicebus_namespace", "Brokered connections (over 500K)", "connections").beginning(500_000),
		rule(hubs, "", "^(Basic|Standard)$", `^(Basic|Standard) Throughput Unit$`, "eventhub_namespace", "Capacity ($1)", "throughput units"),
		rule(hubs, "", "^(Basic|Standard)$", `^(Basic|Standard) Ingress Events$`, "eventhub_namespace", "Ingress event ($1)", "1M events"),
		rule(hubs, "", "^Standard$", `^Standard Capture$`, "eventhub_namespace", "Capture", "units"),
		rule(hubs, "", "^Premium$", `^Premium Processing Unit$`, "eventhub_namespace", "Capacity (Premium)", "processing units"),
		rule(hubs, "", "^Dedicated$", `^Dedicated Capacity Unit$`, "eventhub_namespace", "Capacity (Dedicated)", "capacity units"),
		rule(hubs, "", "^Premium$", `^(Premium )?Extended Retention$`, "eventhub_namespace", "Extended retention", "GB"),
		rule("Event Grid", "", "^Standard$", `^Standard Operations$`, "eventgrid_topic eventgrid_system_topic", "Operations", "100k operations").beginning(1),
	}
}

// logMeters are logs and metrics that are taken in, kept and looked through.
func logMeters() []retailRule {
	const logs, monitor, sku = "Log Analytics", "Azure Monitor", "^(Analytics Logs|Pay-as-you-go)$"
	return []retailRule{
		rule(logs, "", sku, `Data Ingestion$`, "log_analytics_workspace", "Log data ingestion", "GB").beginning(5),
		rule(logs, "", sku, `Data Retention$`, "log_analytics_workspace", "Log data retention", "GB"),
		rule(monitor, "", "", `^Log Analytics data export Data Exported$`, "log_analytics_workspace", "Log data export", "GB"),
		rule(monitor, "", "", `^Basic Logs Data Ingestion$`, "log_analytics_workspace", "Basic log data ingestion", "GB"),
		rule(monitor, "", "", `^Search Queries Scanned$`, "log_analytics_workspace", "Basic log search queries", "GB searched"),
		rule(monitor, "", "", `^Data Archive$`, "log_analytics_workspace", "Archive data", "GB"),
		rule(monitor, "", "", `^Search Jobs Scanned$`, "log_analytics_workspace", "Archive data searched", "GB"),
		rule("Application Insights", "", "^Enterprise$", `^Enterprise Overage Data$`, "application_insights", "Data ingested", "GB"),
		rule(monitor, "", "", `^Metrics ingestion Metric samples$`, "monitor_data_collection_rule monitor_workspace", "Metrics ingestion", "10M samples"),
		rule(monitor, "", "", `^Prometheus Metrics Queries Metric samples$`, "monitor_workspace", "Metrics queries", "10M samples"),
		rule(monitor, "", "", `^Platform Logs Data Processed$`, "monitor_diagnostic_setting", "Platform logs processed", "GB"),
		rule("Azure Grafana Service", "^Azure Managed Grafana$", "^Standard$", `^Standard Node$`, "dashboard_grafana", "Standard units", "hours"),
		rule("Azure Grafana Service", "^Azure Managed Grafana$", "^Standard$", `^Standard Zone Redundancy$`, "dashboard_grafana", "Zone redundancy", "hours"),
		rule("Azure Grafana Service", "^Azure Managed Grafana$", "^(Standard|Essential)$", `^(Standard|Essential) User$`, "dashboard_grafana", "Active users ($1)", "users"),
	}
}

// alertMeters are rules that are watched, and who is told.
func alertMeters() []retailRule {
	const monitor = "Azure Monitor"
	out := []retailRule{
		rule(monitor, "", "", `^Alerts Metric Monitored$`, "monitor_metric_alert", "Metrics monitoring", "time-series").beginning(10),
		rule(monitor, "", "", `^Alerts Dynamic Threshold$`, "monitor_metric_alert", "Dynamic threshold monitoring", "time-series"),
		rule(monitor, "", "^Emails$", `^Emails$`, "monitor_action_group", "Email notifications", "emails").beginning(1000),
		rule(monitor, "", "", `^Notifications ITSM Connector Create/Update Event$`, "monitor_action_group", "ITSM connectors", "events").beginning(1000),
		rule(monitor, "", "", `^Notifications Push Notification$`, "monitor_action_group", "Push notifications", "notifications").beginning(1000),
		rule(monitor, "", "", `^Notifications Secure web hook$`, "monitor_action_group", "Secure web hooks", "notifications").beginning(100, 10),
		rule(monitor, "", "", `^Notifications Web hook$`, "monitor_action_group", "Web hooks", "notifications").beginning(10_000, 1000),
		rule(monitor, "", "", `^SMS Country Code (\d+) Notification$`, "monitor_action_group", "Country code $1", "messages").beginning(0, 100),
	}
	for _, minutes := range []int{1, 5, 10, 15} {
		every := fmt.Sprintf("%d minute", minutes)
		out = append(out,
			rule(monitor, "", "", fmt.Sprintf(`^Alerts System Log Monitored at %d Minute Frequency$`, minutes),
				"monitor_scheduled_query_rules_alert monitor_scheduled_query_rules_alert_v2", "Log alerts monitoring ("+every+" frequency)", "rule"),
			rule(monitor, "", "", fmt.Sprintf(`^Alerts Resource Monitored at %d Minute Frequency$`, minutes),
				"monitor_scheduled_query_rules_alert_v2", "Additional time-series monitoring ("+every+" frequency)", "time-series"))
	}
	return out
}

// vaultMeters are operations on secrets, keys and certificates.
func vaultMeters() []retailRule {
	const vault, product = "Key Vault", "^Key Vault$"
	return []retailRule{
		rule(vault, product, "^Standard$", `^Operations$`, "key_vault_key", "Secrets operations", "10K transactions"),
		rule(vault, product, "^Standard$", `^Operations$`, "key_vault_key", "Software-protected keys", "10K transactions").as("simple"),
		rule(vault, product, "^Standard$", `^Operations$`, "key_vault_certificate", "Certificate operations", "10K transactions"),
		rule(vault, product, "^Premium$", `^Operations$`, "key_vault_key", "HSM-protected keys", "10K transactions").as("operations"),
		rule(vault, product, "^Standard$", `^Advanced Key Operations$`, "key_vault_key", "Software-protected keys", "10K transactions").as("advanced"),
		rule(vault, product, "^Standard$", `^Secret Renewal$`, "key_vault_key", "Storage key rotations", "renewals"),
		rule(vault, product, "^Standard$", `^Certificate Renewal Request$`, "key_vault_certificate", "Certificate renewals", "requests"),
		rule(vault, product, "^Premium$", `^Premium HSM-protected RSA 2048-bit key$`, "key_vault_key", "HSM-protected keys", "months").as("months"),
		rule(vault, product, "^Premium$", `^Premium HSM-protected Advanced Key$`, "key_vault_key", "HSM-protected keys (first 250)", "months"),
		rule(vault, product, "^Premium$", `^Premium HSM-protected Advanced Key$`, "key_vault_key", "HSM-protected keys (next 1250)", "months").beginning(250),
		rule(vault, product, "^Premium$", `^Premium HSM-protected Advanced Key$`, "key_vault_key", "HSM-protected keys (next 2500)", "months").beginning(1500),
		rule(vault, product, "^Premium$", `^Premium HSM-protected Advanced Key$`, "key_vault_key", "HSM-protected keys (over 4000)", "months").beginning(4000),
	}
}
