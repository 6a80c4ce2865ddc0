package main

import (
	"regexp"
	"strings"
)

// meter is where an observed price belongs, and by how many it is divided.
type meter struct {
	service, name, variant string
	per                    float64
}

// rule turns components of types into meters.
type rule struct {
	types, component string
	service, meter   string
	variant          string
	per              string
}

func rules() []rule {
	machines := `virtual_machine|kubernetes_cluster|machine_learning_compute`
	cosmos := `^cosmosdb_`
	sql := `^(mssql|sql)_(database|elasticpool|managed_instance)`
	return []rule{
		{machines, `^Instance usage \((Linux|Windows), pay as you go, (.+)\)$`, "virtual_machine", "$2", "$1", ""},
		{machines, `^Instance usage \((Linux|Windows), hybrid benefit, (.+)\)$`, "virtual_machine", "$2", "linux", ""},
		{`.`, `^Ultra disk reservation.*`, "managed_disk", "Ultra disk reservation", "", ""},
		{`virtual_machine|managed_disk|kubernetes_cluster`, `^Storage \(ultra, .*`, "managed_disk", "Ultra storage", "", ""},
		{`virtual_machine|managed_disk|kubernetes_cluster`, `^Storage \(([EPS]\d+), (\w+)\)$`, "managed_disk", "$1", "$2", ""},
		{`virtual_machine|managed_disk`, `^(Disk operations|Provisioned IOPS|Throughput)$`, "managed_disk", "$1", "", ""},
		{`^hdinsight_.*`, `^\w+ node \((.*)\)$`, "hdinsight_cluster", "$1", "", ""},
		{cosmos, `^Provisioned throughput \(serverless\)$`, "cosmosdb", "serverless", "", ""},
		{cosmos, `^Provisioned throughput \(.*, (.*)\)$`, "cosmosdb", "throughput", "$1", ""},
		{cosmos, `^(Transactional storage|Continuous backup|Periodic backup|Analytical storage|Analytical write operations|Analytical read operations) \((.*)\)$`, "cosmosdb", "$1", "$2", ""},
		{`^container_registry$`, `^Storage \(over`, "container_registry", "Storage", "", ""},
		{cosmos, `^Restored data$`, "cosmosdb", "Restored data", "", ""},
		{`^dns_.*_record$`, `^(DNS queries .*)$`, "dns", "$1", "", ""},
		{`^private_dns_.*_record$`, `^(DNS queries .*)$`, "private_dns", "$1", "", ""},
		{`^(linux_|windows_|)function_app$`, `^(vCPU|Memory) .*$`, "function_app", "$1", "", ""},
		{`^(linux_|windows_|)function_app$`, `^(Execution.*)$`, "function_app", "$1", "", ""},
		{`^logic_app_standard$`, `^Workflow (vCore|memory) .*`, "logic_app_standard", "Workflow $1", "", ""},
		{`^(app_)?service_plan$`, `^Instance usage \((.*)\)$`, "service_plan", "$1", "?", ""},
		{`^container_registry$`, `^Geo replication.*`, "container_registry", "Geo replication", "", ""},
		{sql, `^Compute \(provisioned, (\w+)_(\d+)\)$`, "sql", "Compute $1", "", "$2"},
		{sql, `^Compute \(serverless, (\w+)_\d+\)$`, "sql", "Serverless $1", "", ""},
		{sql, `^Zone redundancy \(provisioned, (\w+)_(\d+)\)$`, "sql", "Zone redundancy $1", "", "$2"},
		{sql, `^Zone redundancy \(serverless, (\w+)_\d+\)$`, "sql", "Zone redundancy serverless $1", "", ""},
		{sql, `^Compute \((GP|BC)_(\w+), (\d+) vCore\)$`, "sql", "Pool ${1}_$2", "", "$3"},
		{sql, `^Zone redundancy \((GP|BC)_(\w+), (\d+) vCore\)$`, "sql", "Pool zone redundancy ${1}_$2", "", "$3"},
		{sql, `^Compute \((GP|BC)_GEN5 (\d+) [Cc]ores\)$`, "sql", "Instance ${1}_Gen5", "", "$2"},
		{`^(mssql|sql)_managed_instance`, `^(Additional Storage|Storage)$`, "sql_managed_instance", "Storage", "", ""},
		{`^(mssql|sql)_managed_instance`, `^(PITR|LTR) backup storage \((.*)\)$`, "sql_managed_instance", "$1 backup storage", "$2", ""},
		{`^(mssql|sql)_database`, `^Compute \(([SP]\d+)\)$`, "sql", "DTU $1", "", ""},
		{sql, `^Compute \((\w+), (\d+) DTUs\)$`, "sql", "Pool DTU $1", "", "$2"},
		{`^(mssql|sql)_elasticpool`, `^Extra data storage$`, "sql", "Pool extra data storage", "?", ""},
		{`^(mssql|sql)_database`, `^Extra data storage$`, "sql", "Extra data storage", "?", ""},
		{`^(mssql|sql)_elasticpool`, `^Storage$`, "sql", "Pool storage", "?", ""},
		{`^(mssql|sql)_database`, `^Storage$`, "sql", "Storage", "?", ""},
		{sql, `^Read replicas$`, "sql", "Read replicas", "", ""},
		{sql, `^SQL license$`, "sql", "SQL license", "?", ""},
		{sql, `^(Long-term retention|PITR backup storage) \((.*)\)$`, "sql", "$1", "$2", ""},
		{`^(mariadb|mysql|postgresql)_server$`, `^Compute \((\w+)_Gen5_(\d+)\)$`, "database_server", "Compute ${1}_Gen5", "", "$2"},
		{`^(mariadb|mysql|postgresql)_server$`, `^(Storage|Additional backup storage)$`, "database_server", "$1", "?", ""},
		{`^search_service$`, `^Search usage \((.*), \d+ units?\)$`, "search_service", "$1", "", ""},
		{`^data_factory_integration_runtime_azure$`, `^Compute \((.*), (\d+) vCores\)$`, "data_factory", "$1", "", "$2"},
		{`^data_factory_integration_runtime_(managed|azure_ssis)$`, `^Compute \((.*)\)$`, "data_factory", "Runtime $1", "", ""},
		{`^monitor_action_group$`, `^(.*) \(\d+\)$`, "monitor_action_group", "$1", "", ""},
		{`^synapse_spark_pool$`, `.*`, "synapse_spark_pool", "vCore", "", ""},
		{`^network_connection_monitor$`, `^Tests \(([\d,]+).*`, "network_connection_monitor", "Tests from $1", "", ""},
		{`^network_watcher$`, `.*`, "network_watcher", "checks", "", ""},
		{`^static_(site|web_app)$`, `^(.*)$`, "static_web_app", "$1", "", ""},
		{`^express_route_gateway$`, `.*`, "express_route_gateway", "ER scale units", "", ""},
		{`^app_configuration$`, `^Instance( \((\d+) replicas?\))?$`, "app_configuration", "Instance", "", "+$2"},
		{`^storage_account$`, `^(.*)$`, "storage_account", "$1", "?", ""},
		{`^key_vault_key$`, `^HSM-protected keys$`, "key_vault_key", "HSM-protected keys", "unit", ""},
		{`^storage_(share|table|queue)$`, `^(.*)$`, "", "$1", "?", ""},
		{`^(log_analytics_workspace|application_insights|cognitive_account|cognitive_deployment|eventhub_namespace)$`, `^(.*)$`, "", "$1", "", ""},
	}
}

func meterOf(typ, component string, compiled []compiledRule) meter {
	for _, r := range compiled {
		if !r.types.MatchString(typ) {
			continue
		}
		found := r.component.FindStringSubmatchIndex(component)
		if found == nil {
			continue
		}
		expand := func(t string) string { return string(r.component.ExpandString(nil, t, component, found)) }
		m := meter{service: r.service, name: expand(r.meter), variant: strings.ToLower(strings.ReplaceAll(expand(r.variant), " ", "")), per: 1}
		if m.service == "" {
			m.service = typ
		}
		if n := expand(r.per); n != "" {
			m.per = divisor(n)
		}
		return m
	}
	return meter{service: typ, name: component, per: 1}
}

type compiledRule struct {
	rule
	types, component *regexp.Regexp
}

func compile() []compiledRule {
	var out []compiledRule
	for _, r := range rules() {
		out = append(out, compiledRule{rule: r, types: regexp.MustCompile(r.types), component: regexp.MustCompile(r.component)})
	}
	return out
}
