package drift

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

// rule shortens the table below.
func rule(name, typ, attribute, action, severity string) stage.DriftRule {
	return stage.DriftRule{Name: name, Type: typ, Attribute: attribute, Action: action, Severity: severity}
}

// Rules are the rules of severity that Terrace has, in their order. Those of a
// stage come before them.
func Rules() []stage.DriftRule {
	const changed, deleted = stage.DriftChanged, stage.DriftDeleted
	return []stage.DriftRule{
		// What every write outside changes, and nobody sets.
		rule("bookkeeping", "", "etag", changed, stage.SeverityNone),
		rule("bookkeeping", "", "*.etag", changed, stage.SeverityNone),
		rule("bookkeeping", "", "timeouts*", changed, stage.SeverityNone),
		rule("bookkeeping", "", "last_modified*", changed, stage.SeverityNone),
		rule("bookkeeping", "", "updated_at", changed, stage.SeverityNone),
		rule("bookkeeping", "", "revision", changed, stage.SeverityNone),

		rule("data-deleted", "*database*", "", deleted, stage.SeverityCritical),
		rule("data-deleted", "*mysql*", "", deleted, stage.SeverityCritical),
		rule("data-deleted", "*postgres*", "", deleted, stage.SeverityCritical),
		rule("data-deleted", "*cosmosdb*", "", deleted, stage.SeverityCritical),
		rule("data-deleted", "*storage*", "", deleted, stage.SeverityCritical),
		rule("data-deleted", "*key_vault*", "", deleted, stage.SeverityCritical),
		rule("guard-deleted", "*firewall*", "", deleted, stage.SeverityCritical),
		rule("guard-deleted", "*network_security*", "", deleted, stage.SeverityCritical),
		rule("guard-deleted", "*lock*", "", deleted, stage.SeverityCritical),
		rule("guard-deleted", "*diagnostic_setting*", "", deleted, stage.SeverityCritical),
		rule("deleted", "", "", deleted, stage.SeverityHigh),

		rule("tags", "", "tags", changed, stage.SeverityLow),
		rule("tags", "", "tags.*", changed, stage.SeverityLow),
		rule("tags", "", "tags_all*", changed, stage.SeverityLow),

		rule("public-access", "", "*public_network_access*", changed, stage.SeverityCritical),
		rule("public-access", "", "*public_access*", changed, stage.SeverityCritical),
		rule("public-access", "", "*nested_items_to_be_public*", changed, stage.SeverityCritical),
		rule("public-access", "", "*container_access_type*", changed, stage.SeverityCritical),
		rule("public-access", "", "*publicly_accessible*", changed, stage.SeverityCritical),
		rule("firewall", "*firewall_rule*", "", changed, stage.SeverityCritical),
		rule("firewall", "*network_security_rule*", "", changed, stage.SeverityCritical),
		rule("firewall", "", "*security_rule*", changed, stage.SeverityCritical),
		rule("firewall", "", "*network_rules*", changed, stage.SeverityCritical),
		rule("firewall", "", "*network_acls*", changed, stage.SeverityCritical),
		rule("firewall", "", "*ip_rules*", changed, stage.SeverityCritical),
		rule("firewall", "", "*authorized_ip_ranges*", changed, stage.SeverityCritical),
		rule("encryption", "", "*encryption*", changed, stage.SeverityCritical),
		rule("encryption", "", "*https_traffic_only*", changed, stage.SeverityCritical),
		rule("encryption", "", "*tls_version*", changed, stage.SeverityCritical),
		rule("encryption", "", "*client_protocol*", changed, stage.SeverityCritical),
		rule("encryption", "", "*non_ssl_port*", changed, stage.SeverityCritical),
		rule("encryption", "", "*ssl_enforcement*", changed, stage.SeverityCritical),
		// A database's settings are resources of their own, whose value says nothing of what it is.
		{Name: "encryption", Address: `*server_configuration.*tls*`, Action: changed, Severity: stage.SeverityCritical},
		{Name: "encryption", Address: `*server_configuration.*secure_transport*`, Action: changed, Severity: stage.SeverityCritical},
		{Name: "audit", Address: `*server_configuration.*audit*`, Action: changed, Severity: stage.SeverityHigh},
		rule("access", "*role_assignment*", "", changed, stage.SeverityCritical),
		rule("access", "*access_policy*", "", changed, stage.SeverityCritical),
		rule("access", "", "*access_policy*", changed, stage.SeverityCritical),
		rule("access", "", "*local_auth*", changed, stage.SeverityHigh),
		rule("access", "", "*admin*", changed, stage.SeverityHigh),
		rule("access", "", "identity*", changed, stage.SeverityHigh),
		rule("keys", "", "*access_key*", changed, stage.SeverityHigh),
		rule("keys", "", "*password*", changed, stage.SeverityHigh),
		rule("keys", "", "*secret*", changed, stage.SeverityHigh),
		rule("protection", "", "*purge_protection*", changed, stage.SeverityHigh),
		rule("protection", "", "*soft_delete*", changed, stage.SeverityHigh),
		rule("protection", "", "*backup*", changed, stage.SeverityHigh),
		rule("protection", "", "*retention*", changed, stage.SeverityHigh),
		rule("anything-else", "", "", "", stage.SeverityMedium),
	}
}

// grade returns severity and name of the first rule that matches. The last of
// Rules matches everything.
func grade(rules []stage.DriftRule, typ, address, attribute, action string) (Severity, string) {
	for _, r := range rules {
		if (r.Action == "" || r.Action == action) && match(r.Type, typ) && match(r.Address, address) &&
			(r.Attribute == "" || action == stage.DriftChanged && match(r.Attribute, attribute)) {
			return Severity(r.Severity), r.Name
		}
	}
	return Severity(stage.SeverityMedium), "anything-else"
}

// match reports whether the pattern, in which * is any characters, is all of s.
func match(pattern, s string) bool {
	if pattern == "" {
		return true
	}
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	rest, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
