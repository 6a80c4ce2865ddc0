package azurelog

import (
	"encoding/json"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/drift"
)

// TestEventsAsAzureWritesThem reads events in the shape that Azure Monitor
// documents: one call has several, and some change nothing.
func TestEventsAsAzureWritesThem(t *testing.T) {
	t.Parallel()
	const page = `[
	 {"caller": "ada@contoso.com", "claims": {"name": "Ada", "ipaddr": "203.0.113.9"}, "eventTimestamp": "2026-03-01T10:00:03.1234567Z",
	  "operationName": {"value": "Microsoft.Storage/storageAccounts/write", "localizedValue": "Update"}, "status": {"value": "Succeeded"}, "correlationId": "c1",
	  "httpRequest": {"clientRequestId": "x", "clientIpAddress": "203.0.113.7", "method": "PUT"}},
	 {"caller": "ada@contoso.com", "eventTimestamp": "2026-03-01T10:00:01Z", "operationName": {"value": "Microsoft.Storage/storageAccounts/write"}, "status": {"value": "Started"}, "correlationId": "c1"},
	 {"caller": "ada@contoso.com", "eventTimestamp": "2026-03-01T10:00:02Z", "operationName": {"value": "Microsoft.Storage/storageAccounts/write"}, "status": {"value": "Accepted"}, "correlationId": "c1"},
	 {"caller": "ada@contoso.com", "eventTimestamp": "2026-03-01T10:05:00Z", "operationName": {"value": "Microsoft.Storage/storageAccounts/listKeys/action"}, "status": {"value": "Succeeded"}, "correlationId": "c2"},
	 {"caller": "11111111-2222-3333-4444-555555555555", "claims": {"appid": "app-1"}, "eventTimestamp": "2026-03-01T11:00:00Z",
	  "operationName": {"value": "Microsoft.Storage/storageAccounts/regenerateKey/action"}, "status": {"value": "Succeeded"}, "correlationId": "c3"},
	 {"caller": "eve@contoso.com", "eventTimestamp": "2026-03-01T12:00:00Z", "operationName": {"value": "Microsoft.Storage/storageAccounts/delete"}, "status": {"value": "Failed"}, "correlationId": "c4"}
	]`
	var events []event
	if err := json.Unmarshal([]byte(page), &events); err != nil {
		t.Fatal(err)
	}
	all := activities(events)
	if len(all) != 2 {
		t.Fatalf("%+v, want the key that was made anew, then the update", all)
	}
	if all[0].Who != "11111111-2222-3333-4444-555555555555 (application app-1)" || all[1].Who != "ada@contoso.com" || all[1].From != "203.0.113.7" || all[1].At.Second() != 3 {
		t.Errorf("%+v", all)
	}
}

// TestIDsThatAreTheProvidersOwn asks for what Azure calls otherwise than azurerm.
func TestIDsThatAreTheProvidersOwn(t *testing.T) {
	t.Parallel()
	const server = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DBforMySQL/flexibleServers/db"
	for name, tc := range map[string]struct{ typ, id, want string }{
		"a resource":           {"azurerm_mysql_flexible_server", server, server},
		"a diagnostic setting": {"azurerm_monitor_diagnostic_setting", server + "|logs", server + "/providers/Microsoft.Insights/diagnosticSettings/logs"},
		"an association":       {"azurerm_network_interface_security_group_association", "/subscriptions/s/n1|/subscriptions/s/g1", "/subscriptions/s/n1"},
	} {
		if got := logged(drift.ActivityQuery{Type: tc.typ, ResourceID: tc.id}); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}
