package kinds

import (
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// mysqlParameter is a server parameter: what it is by default and what it may be. Allowed is
// a list with commas, a range with a hyphen, or empty for any text.
type mysqlParameter struct{ value, kind, allowed string }

func mysqlConfigurationKind(async arm.Async) arm.Kind {
	return arm.Kind{
		Type: mysqlConfigType, NoProvisioningState: true, Async: async, Status: arm.Status{Create: 202, Update: 202},
		ReadOnly: []string{
			"properties.defaultValue", "properties.allowedValues", "properties.dataType",
			"properties.isConfigPendingRestart", "properties.isDynamicConfig", "properties.isReadOnly",
		},
		Required: []string{"properties.value"}, Check: mysqlConfigurationCheck, Compute: mysqlConfigurationCompute,
		Deletable: func(*arm.Context, *arm.Resource) error {
			return arm.Errorf(405, "MethodNotAllowed", "A parameter is not deleted but set to its default.")
		},
	}
}

func mysqlConfigurationCheck(_ *arm.Context, r, old *arm.Resource) error {
	if old == nil {
		return arm.NotFound("ResourceNotFound", "The server has no parameter '%s'.", r.Name())
	}
	if !mysqlAllows(old.Str("properties.dataType"), old.Str("properties.allowedValues"), r.Str("properties.value")) {
		return arm.BadRequest("ServerParameterValueNotAllowed", "The value '%s' of the parameter '%s' is none of %s.", r.Str("properties.value"), r.Name(), old.Str("properties.allowedValues"))
	}
	return nil
}

// mysqlAllows tells whether a parameter may have a value.
func mysqlAllows(kind, allowed, value string) bool {
	switch kind {
	case "Enumeration":
		return slices.ContainsFunc(strings.Split(allowed, ","), func(one string) bool { return strings.EqualFold(one, value) })
	case "Set":
		return !slices.ContainsFunc(strings.Split(value, ","), func(one string) bool { return !mysqlAllows("Enumeration", allowed, one) })
	case "Integer":
		n, err := strconv.ParseInt(value, 10, 64)
		low, high, _ := strings.Cut(allowed, "-")
		least, _ := strconv.ParseInt(low, 10, 64) // the table below has numbers only
		most, _ := strconv.ParseInt(high, 10, 64)
		return err == nil && n >= least && n <= most
	}
	return true
}

func mysqlConfigurationCompute(_ *arm.Context, r, _ *arm.Resource) {
	r.Set("properties.currentValue", r.Str("properties.value"))
	source := "user-override"
	if r.Str("properties.value") == r.Str("properties.defaultValue") {
		source = "system-default"
	}
	r.Set("properties.source", source)
}

func mysqlParameterBody(p mysqlParameter) arm.Object {
	return arm.Object{"properties": arm.Object{
		"value": p.value, "currentValue": p.value, "defaultValue": p.value, "dataType": p.kind, "allowedValues": p.allowed,
		"source": "system-default", "isReadOnly": "False", "isConfigPendingRestart": "False", "isDynamicConfig": "True",
	}}
}

// mysqlParameters are the parameters of a server, without those that nobody sets.
func mysqlParameters() map[string]mysqlParameter {
	const events = "ADMIN,CONNECTION,DCL,DDL,DML,DML_NONSELECT,DML_SELECT,GENERAL,TABLE_ACCESS"
	flag := func(value string) mysqlParameter { return mysqlParameter{value, "Enumeration", "ON,OFF"} }
	number := func(value, allowed string) mysqlParameter { return mysqlParameter{value, "Integer", allowed} }
	text := func(value string) mysqlParameter { return mysqlParameter{value, "String", ""} }
	return map[string]mysqlParameter{
		"aad_auth_only":                      flag("OFF"),
		"audit_log_enabled":                  flag("OFF"),
		"audit_log_events":                   {"CONNECTION", "Set", events},
		"audit_log_exclude_users":            text("azure_superuser"),
		"audit_log_include_users":            text(""),
		"auto_increment_increment":           number("1", "1-65535"),
		"auto_increment_offset":              number("1", "1-65535"),
		"binlog_expire_logs_seconds":         number("0", "0-4294967295"),
		"binlog_row_image":                   {"MINIMAL", "Enumeration", "FULL,MINIMAL,NOBLOB"},
		"character_set_server":               text("utf8mb4"),
		"collation_server":                   text("utf8mb4_0900_ai_ci"),
		"connect_timeout":                    number("10", "2-31536000"),
		"default_password_lifetime":          number("0", "0-65535"),
		"disconnect_on_expired_password":     flag("ON"),
		"error_server_log_file":              flag("OFF"),
		"event_scheduler":                    flag("OFF"),
		"explicit_defaults_for_timestamp":    flag("ON"),
		"general_log":                        flag("OFF"),
		"group_concat_max_len":               number("1024", "4-16777216"),
		"init_connect":                       text(""),
		"innodb_buffer_pool_size":            number("6442450944", "134217728-1099511627776"),
		"innodb_file_per_table":              flag("ON"),
		"innodb_lock_wait_timeout":           number("50", "1-3600"),
		"innodb_print_all_deadlocks":         flag("OFF"),
		"innodb_strict_mode":                 flag("ON"),
		"interactive_timeout":                number("28800", "10-1800000"),
		"local_infile":                       flag("OFF"),
		"log_bin_trust_function_creators":    flag("OFF"),
		"log_output":                         {"NONE", "Enumeration", "NONE,FILE"},
		"log_queries_not_using_indexes":      flag("OFF"),
		"log_slow_admin_statements":          flag("OFF"),
		"long_query_time":                    text("10"),
		"lower_case_table_names":             number("1", "1-2"),
		"max_allowed_packet":                 number("16777216", "1024-1073741824"),
		"max_connections":                    number("1365", "10-100000"),
		"max_execution_time":                 number("0", "0-4294967295"),
		"max_heap_table_size":                number("16777216", "16384-4294967295"),
		"net_read_timeout":                   number("120", "10-3600"),
		"net_write_timeout":                  number("240", "10-3600"),
		"require_secure_transport":           flag("ON"),
		"server_id":                          number("3565746503", "1000-4294967295"),
		"slow_query_log":                     flag("OFF"),
		"sort_buffer_size":                   number("524288", "32768-16777216"),
		"sql_generate_invisible_primary_key": flag("ON"),
		"sql_mode":                           text("ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_ZERO_DATE,NO_ZERO_IN_DATE,STRICT_TRANS_TABLES"),
		"table_open_cache":                   number("2000", "1-100000"),
		"thread_cache_size":                  number("64", "0-16384"),
		"time_zone":                          text("SYSTEM"),
		"tls_version":                        {"TLSv1.2", "Set", "TLSv1.2,TLSv1.3"},
		"tmp_table_size":                     number("16777216", "1024-67108864"),
		"transaction_isolation":              {"REPEATABLE-READ", "Enumeration", "READ-UNCOMMITTED,READ-COMMITTED,REPEATABLE-READ,SERIALIZABLE"},
		"wait_timeout":                       number("28800", "1-31536000"),
	}
}
