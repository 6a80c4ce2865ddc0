package azure

// free are types that cost nothing by themselves: what they belong to is paid
// for, or nothing is.
func free() map[string]bool {
	out := map[string]bool{}
	for _, name := range []string{
		"resource_group", "virtual_network", "subnet", "network_security_group", "network_security_rule", "network_interface", "route_table", "route",
		"subnet_network_security_group_association", "subnet_route_table_association", "network_interface_security_group_association",
		"nat_gateway_public_ip_association", "subnet_nat_gateway_association", "application_security_group", "availability_set",
		"role_assignment", "role_definition", "user_assigned_identity", "management_lock", "policy_assignment", "policy_definition",
		"resource_group_policy_assignment", "subscription_policy_assignment", "key_vault", "key_vault_secret", "key_vault_access_policy",
		"cosmosdb_account", "mssql_server", "sql_server", "storage_container", "storage_blob", "storage_management_policy", "storage_account_network_rules",
		"app_service", "linux_web_app", "windows_web_app", "linux_web_app_slot", "windows_web_app_slot", "app_service_slot",
		"cdn_profile", "log_analytics_solution", "sentinel_log_analytics_workspace_onboarding", "private_dns_zone_virtual_network_link",
		"private_dns_resolver", "private_dns_resolver_forwarding_rule", "private_dns_resolver_virtual_network_link", "dns_soa_record",
		"lb_backend_address_pool", "lb_probe", "lb_nat_rule", "lb_nat_pool", "virtual_wan", "local_network_gateway", "firewall_policy",
		"firewall_policy_rule_collection_group", "firewall_application_rule_collection", "firewall_network_rule_collection", "firewall_nat_rule_collection",
		"servicebus_queue", "servicebus_topic", "servicebus_subscription", "eventhub", "eventhub_consumer_group", "eventhub_authorization_rule", "eventgrid_event_subscription",
		"notification_hub", "kubernetes_cluster_extension", "mysql_flexible_database", "postgresql_flexible_server_database", "mysql_database", "postgresql_database", "mariadb_database",
		"mysql_flexible_server_configuration", "postgresql_flexible_server_configuration", "backup_policy_vm", "backup_protected_vm", "virtual_machine_extension",
		"virtual_machine_data_disk_attachment", "machine_learning_workspace", "api_management_api", "api_management_gateway", "monitor_data_collection_rule_association",
		"monitor_autoscale_setting", "monitor_activity_log_alert", "data_factory_pipeline", "automation_runbook", "automation_schedule", "storage_data_lake_gen2_filesystem",
		"express_route_circuit_peering", "virtual_hub_connection", "vpn_site", "vpn_server_configuration", "web_application_firewall_policy", "container_registry_webhook", "consumption_budget_resource_group",
		"subscription_policy_remediation", "subscription_policy_exemption", "resource_group_policy_remediation", "resource_group_policy_exemption", "policy_set_definition",
		"management_group_policy_assignment", "management_group_policy_exemption", "management_group_policy_set_definition", "subscription_cost_management_export",
		"consumption_budget_subscription", "cost_anomaly_alert", "security_center_contact", "monitor_private_link_scope", "monitor_private_link_scoped_service",
		"monitor_data_collection_endpoint", "monitor_alert_prometheus_rule_group", "log_analytics_workspace_table", "network_watcher",
		"nat_gateway_public_ip_prefix_association", "private_dns_resolver_dns_forwarding_ruleset", "kubernetes_flux_configuration", "kubernetes_cluster_deployment_safeguard",
		"key_vault_certificate_issuer", "key_vault_certificate_contacts", "eventhub_namespace_schema_group", "eventhub_namespace_customer_managed_key",
		"eventgrid_system_topic_event_subscription", "servicebus_subscription_rule", "managed_redis_geo_replication", "managed_redis_access_policy_assignment",
		"cosmosdb_sql_role_definition", "cosmosdb_sql_role_assignment", "mysql_flexible_server_firewall_rule", "mysql_flexible_server_active_directory_administrator",
		"api_management_subscription", "api_management_product", "api_management_product_policy", "api_management_product_group", "api_management_product_api", "api_management_policy",
		"api_management_openid_connect_provider", "api_management_named_value", "api_management_logger", "api_management_diagnostic", "api_management_backend",
		"api_management_api_policy", "api_management_redis_cache", "api_management_api_operation_policy", "api_management_api_operation",
		"private_link_service", "proximity_placement_group", "disk_encryption_set", "ssh_public_key", "shared_image", "shared_image_gallery", "application_insights_smart_detection_rule",
	} {
		out["azurerm_"+name] = true
	}
	for _, typ := range []string{
		"random_id", "random_integer", "random_password", "random_pet", "random_string", "random_uuid", "null_resource", "terraform_data", "time_sleep", "time_static",
		"time_rotating", "tls_private_key", "tls_self_signed_cert", "local_file", "azuread_application", "azuread_service_principal", "azuread_group",
		"azuread_application_federated_identity_credential", "azuread_app_role_assignment",
	} {
		out[typ] = true
	}
	return out
}
