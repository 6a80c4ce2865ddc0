package kinds_test

import (
	"net/http"
	"testing"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	logPath   = "Microsoft.OperationalInsights/workspaces/log-shop"
	agPath    = "Microsoft.Insights/actionGroups/ag-shop"
	scopePath = "Microsoft.Insights/privateLinkScopes/ampls-shop"
)

func newMonitoredCloud(t *testing.T) *dataCloud {
	t.Helper()
	c := newDataCloud(t)
	c.must(http.MethodPut, logPath, `{"location":"westeurope","properties":{"retentionInDays":60}}`)
	c.must(http.MethodPut, agPath, `{"location":"Global","properties":{"groupShortName":"shop","emailReceivers":[{"name":"team","emailAddress":"team@example.com"}]}}`)
	return c
}

func TestWorkspacesAndTables(t *testing.T) {
	t.Parallel()
	c := newMonitoredCloud(t)
	got := c.must(http.MethodGet, logPath, "")
	c.want(got, "properties.sku.name", "PerGB2018")
	if id, _ := arm.Lookup(got, "properties.customerId"); len(id.(string)) != 36 {
		t.Errorf("the customer id is %v", id)
	}
	if keys := c.must(http.MethodPost, logPath+"/sharedKeys", ""); keys["primarySharedKey"] == "" || keys["primarySharedKey"] == keys["secondarySharedKey"] {
		t.Error("the keys are no two keys")
	}
	c.refused(http.MethodPut, logPath, `{"location":"westeurope","properties":{"retentionInDays":7}}`, 400, "InvalidParameter")
	c.want(c.must(http.MethodGet, logPath+"/tables/Heartbeat", ""), "properties.retentionInDays", 60.0)
	c.must(http.MethodPut, logPath+"/tables/Syslog", `{"properties":{"retentionInDays":90,"totalRetentionInDays":365}}`)
	c.want(c.must(http.MethodGet, logPath+"/tables/Syslog", ""), "properties.archiveRetentionInDays", 275.0)
	c.refused(http.MethodPut, logPath+"/tables/Nothing", `{"properties":{}}`, 404, "TableNotFound")
}

func TestApplicationInsights(t *testing.T) {
	t.Parallel()
	const path, anomalies = "Microsoft.Insights/components/appi-shop", "Microsoft.AlertsManagement/smartDetectorAlertRules/Failure%20Anomalies%20-%20appi-shop"
	c := newMonitoredCloud(t)
	c.refused(http.MethodPut, path, `{"location":"westeurope","kind":"web","properties":{"Application_Type":"web"}}`, 400, "BadRequest")
	c.must(http.MethodPut, path, `{"location":"westeurope","kind":"web","properties":{"Application_Type":"web","WorkspaceResourceId":"`+c.group+"/providers/"+logPath+`"}}`)
	c.want(c.must(http.MethodGet, path+"/currentbillingfeatures", ""), "DataVolumeCap.Cap", 100.0)
	c.must(http.MethodPut, path+"/currentbillingfeatures", `{"CurrentBillingFeatures":["Basic"],"DataVolumeCap":{"Cap":5}}`)
	c.want(c.must(http.MethodGet, path+"/currentbillingfeatures", ""), "DataVolumeCap.Cap", 5.0)
	c.want(c.must(http.MethodGet, anomalies, ""), "properties.state", "Enabled")
	c.must(http.MethodDelete, path, "")
	if status, _ := c.do(http.MethodGet, anomalies, ""); status != http.StatusNotFound {
		t.Errorf("the alert that came with it is left behind: %d", status)
	}
}

func TestAlertsNameWhatIsThere(t *testing.T) {
	t.Parallel()
	c := newMonitoredCloud(t)
	workspace, group := c.group+"/providers/"+logPath, c.group+"/providers/"+agPath
	body := func(scope, group string) string {
		return `{"location":"global","properties":{"severity":2,"scopes":["` + scope + `"],"criteria":{"allOf":[]},"actions":[{"actionGroupId":"` + group + `"}]}}`
	}
	const alert = "Microsoft.Insights/metricAlerts/alert-shop"
	c.refused(http.MethodPut, alert, body(workspace+"x", group), 400, "ResourceNotFound")
	c.refused(http.MethodPut, alert, body(workspace, group+"x"), 400, "ActionGroupNotFound")
	c.must(http.MethodPut, alert, body(workspace, group))
	c.want(c.must(http.MethodGet, alert, ""), "properties.targetResourceType", "Microsoft.OperationalInsights/workspaces")
	c.refused(http.MethodPut, agPath, `{"location":"Global","properties":{"groupShortName":"much-too-long-a-name"}}`, 400, "GroupShortNameTooLong")
	c.refused(http.MethodPut, "Microsoft.AlertsManagement/prometheusRuleGroups/rules", `{"location":"westeurope","properties":{"scopes":["`+workspace+`"],"rules":[{"record":"a","alert":"b","expression":"up"}]}}`, 400, "BadRequest")
}

func TestPrivateLinkScopes(t *testing.T) {
	t.Parallel()
	c := newMonitoredCloud(t)
	c.must(http.MethodPut, scopePath, `{"location":"Global","properties":{}}`)
	link := func(id string) string { return `{"properties":{"linkedResourceId":"` + id + `"}}` }
	c.refused(http.MethodPut, scopePath+"/scopedResources/a", link(c.group+"/providers/"+agPath), 400, "InvalidLinkedResource")
	c.must(http.MethodPut, scopePath+"/scopedResources/a", link(c.group+"/providers/"+logPath))
	c.refused(http.MethodPut, scopePath+"/scopedResources/b", link(c.group+"/providers/"+logPath), 409, "Conflict")
}

func TestPrometheusAndGrafana(t *testing.T) {
	t.Parallel()
	const account, endpoint, rule = "Microsoft.Monitor/accounts/amw-shop", "Microsoft.Insights/dataCollectionEndpoints/dce-shop", "Microsoft.Insights/dataCollectionRules/dcr-shop"
	c := newMonitoredCloud(t)
	c.must(http.MethodPut, account, `{"location":"westeurope","properties":{}}`)
	own, _ := arm.Lookup(c.must(http.MethodGet, account, ""), "properties.defaultIngestionSettings.dataCollectionRuleResourceId")
	c.must(http.MethodGet, own.(string), "")
	c.must(http.MethodPut, endpoint, `{"location":"westeurope","properties":{}}`)
	c.must(http.MethodPut, aksPath, aksBody(""))

	flows := func(to string) string {
		return `{"location":"westeurope","properties":{"destinations":{"monitoringAccounts":[{"name":"metrics","accountResourceId":"` + c.group + "/providers/" + account + `"}]},"dataFlows":[{"streams":["Microsoft-PrometheusMetrics"],"destinations":["` + to + `"]}]}}`
	}
	c.refused(http.MethodPut, rule, flows("nowhere"), 400, "InvalidPayload")
	c.must(http.MethodPut, rule, flows("metrics"))
	const association = aksPath + "/providers/Microsoft.Insights/dataCollectionRuleAssociations/"
	c.refused(http.MethodPut, association+"mine", `{"properties":{"dataCollectionEndpointId":"`+c.group+"/providers/"+endpoint+`"}}`, 400, "InvalidAssociationName")
	c.must(http.MethodPut, association+"metrics", `{"properties":{"dataCollectionRuleId":"`+c.group+"/providers/"+rule+`"}}`)
	c.refused(http.MethodDelete, rule, "", 400, "AssociationsExist")

	const grafana = "Microsoft.Dashboard/grafana/graf-shop"
	c.must(http.MethodPut, grafana, `{"location":"westeurope","sku":{"name":"Standard"},"properties":{"grafanaMajorVersion":"12"}}`)
	c.must(http.MethodPut, grafana+"/managedPrivateEndpoints/metrics", `{"location":"westeurope","properties":{"privateLinkResourceId":"`+c.group+"/providers/"+account+`"}}`)
	c.want(c.must(http.MethodGet, grafana+"/managedPrivateEndpoints/metrics", ""), "properties.connectionState.status", "Pending")

	c.must(http.MethodDelete, account, "")
	if status, _ := c.do(http.MethodGet, own.(string), ""); status != http.StatusNotFound {
		t.Errorf("the account's own rule is left behind: %d", status)
	}
}
