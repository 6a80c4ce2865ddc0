package kinds

import (
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	workspaceType    = "Microsoft.OperationalInsights/workspaces"
	workspaceKeySize = 64
	tableDefaultDays = -1
	basicTableDays   = 30
)

// logKinds are Log Analytics workspaces and their tables, in Microsoft.OperationalInsights.
func logKinds() []arm.Kind {
	return []arm.Kind{
		{
			Type: workspaceType, Located: true, Async: arm.Async{Put: arm.ByOperation, Delete: arm.ByOperation}, Status: arm.Status{Create: 201},
			Name:     arm.NameRule{Pattern: `^[A-Za-z0-9][A-Za-z0-9-]+[A-Za-z0-9]$`, Min: 4, Max: 63},
			ReadOnly: []string{"properties.customerId", "properties.createdDate", "properties.modifiedDate"},
			Default:  workspaceDefault, Check: workspaceCheck, Compute: workspaceCompute,
			Actions: map[string]arm.Action{"sharedKeys": {Run: workspaceKeys}, "regenerateSharedKey": {Run: workspaceNewKeys}},
		},
		{
			Type: workspaceType + "/tables", Async: arm.Async{Put: arm.ByOperation, Patch: arm.ByOperation, Delete: arm.ByOperation},
			Check: tableCheck, Compute: tableCompute, Find: tableFind,
			Deletable: func(_ *arm.Context, r *arm.Resource) error {
				if strings.HasSuffix(r.Name(), "_CL") {
					return nil
				}
				return arm.BadRequest("InvalidParameter", "The table %s is of Azure and cannot be deleted.", r.Name())
			},
		},
		{
			Type: "Microsoft.OperationalInsights/deletedWorkspaces", Scopes: arm.InSubscription | arm.InGroup,
			Check: func(*arm.Context, *arm.Resource, *arm.Resource) error {
				return arm.Errorf(405, "MethodNotAllowed", "Deleted workspaces are listed, not made.")
			},
		},
	}
}

func workspaceDefault(_ *arm.Context, r *arm.Resource) {
	for path, v := range map[string]any{
		"sku.name": "PerGB2018", "retentionInDays": 30, "publicNetworkAccessForIngestion": "Enabled", "publicNetworkAccessForQuery": "Enabled",
		"workspaceCapping.dailyQuotaGb": -1, "features.enableLogAccessUsingOnlyResourcePermissions": true, "features.disableLocalAuth": false,
	} {
		r.Default("properties."+path, v)
	}
	if strings.EqualFold(r.Str("properties.sku.name"), "pergb2018") {
		r.Set("properties.sku.name", "PerGB2018")
	}
}

func workspaceCheck(_ *arm.Context, r, old *arm.Resource) error {
	if days := r.Num("properties.retentionInDays"); days < 30 || days > 730 {
		return arm.BadRequest("InvalidParameter", "'RetentionInDays' property doesn't match the SKU limits: it must be between 30 and 730.")
	}
	if quota := r.Num("properties.workspaceCapping.dailyQuotaGb"); quota != -1 && quota < 0.023 {
		return arm.BadRequest("InvalidParameter", "'DailyQuotaGb' must be -1 or at least 0.023.")
	}
	sku := r.Str("properties.sku.name")
	if !slices.Contains([]string{"PerGB2018", "PerNode", "Standalone", "CapacityReservation", "LACluster"}, sku) {
		return arm.BadRequest("UnsupportedSku", "The pricing tier %s is not supported for new workspaces.", sku)
	}
	if sku == "CapacityReservation" && r.Num("properties.sku.capacityReservationLevel") < 100 {
		return arm.BadRequest("InvalidParameter", "The tier CapacityReservation needs a capacityReservationLevel of at least 100.")
	}
	if old == nil && r.Has("properties.defaultDataCollectionRuleResourceId") {
		return arm.BadRequest("InvalidParameter", "Default dcr is not applicable on workspace creation, please provide it on update.")
	}
	return nil
}

func workspaceCompute(c *arm.Context, r, old *arm.Resource) {
	now := c.Now().Format(time.RFC3339)
	if old == nil {
		r.Set("properties.customerId", c.NewUUID())
		r.Set("properties.createdDate", now)
		r.Hide("primary", c.NewKey(workspaceKeySize))
		r.Hide("secondary", c.NewKey(workspaceKeySize))
	}
	if old == nil || old.Str("properties.sku.name") != r.Str("properties.sku.name") {
		r.Set("properties.sku.lastSkuUpdate", now)
	}
	r.Set("properties.modifiedDate", now)
	r.Set("properties.workspaceCapping.dataIngestionStatus", "RespectQuota")
	r.Set("properties.workspaceCapping.quotaNextResetTime", c.Now().Truncate(24*time.Hour).Add(24*time.Hour).Format(time.RFC3339))
	r.Set("properties.features.legacy", 0)
	r.Set("properties.features.searchVersion", 1)
}

func workspaceKeys(_ *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	return arm.Object{"primarySharedKey": r.Secret("primary"), "secondarySharedKey": r.Secret("secondary")}, nil
}

func workspaceNewKeys(c *arm.Context, r *arm.Resource, in arm.Object) (any, error) {
	which := strings.ToLower(text(in, "keyType"))
	if which != "primary" && which != "secondary" {
		which = "primary"
	}
	r.Hide(which, c.NewKey(workspaceKeySize))
	c.Put(r)
	return workspaceKeys(c, r, nil)
}

// builtInTables are the tables of Azure that a workspace has without being told.
func builtInTables() []string {
	return strings.Fields(`AADManagedIdentitySignInLogs AADServicePrincipalSignInLogs AKSAudit AKSAuditAdmin AKSControlPlane Alert ApiManagementGatewayLogs AppAvailabilityResults
		AppDependencies AppEvents AppExceptions AppMetrics AppPageViews AppPerformanceCounters AppRequests AppServiceHTTPLogs AppSystemEvents AppTraces AuditLogs AZFWNetworkRule
		AzureActivity AzureDiagnostics AzureMetrics AzureMetricsV2 ContainerAppConsoleLogs ContainerAppSystemLogs ContainerInventory ContainerLog ContainerLogV2 ContainerNodeInventory
		Event Heartbeat InsightsMetrics KubeEvents KubeHealth KubeMonAgentEvents KubeNodeInventory KubePodInventory KubePVInventory KubeServices LAQueryLogs NTANetAnalytics Operation
		Perf SecurityEvent SigninLogs StorageBlobLogs Syslog Update Usage W3CIISLog WindowsEvent`)
}

func tableCheck(_ *arm.Context, r, old *arm.Resource) error {
	custom := strings.HasSuffix(r.Name(), "_CL")
	if !custom && !slices.Contains(builtInTables(), r.Name()) {
		return arm.NotFound("TableNotFound", "The table %s is none of the workspace; names of custom tables end in _CL.", r.Name())
	}
	if custom && old == nil && len(r.List("properties.schema.columns")) == 0 {
		return arm.BadRequest("InvalidParameter", "The custom table %s needs a schema with columns.", r.Name())
	}
	plan := r.Str("properties.plan")
	if plan != "" && !slices.Contains([]string{"Analytics", "Basic", "Auxiliary"}, plan) {
		return arm.BadRequest("InvalidParameter", "The plan %s must be Analytics, Basic or Auxiliary.", plan)
	}
	days, total := r.Num("properties.retentionInDays"), r.Num("properties.totalRetentionInDays")
	if days > 0 && total > 0 && total < days {
		return arm.BadRequest("InvalidParameter", "The total retention of %s must be at least its retention.", r.Name())
	}
	return nil
}

// tableCompute turns -1, the workspace's retention, into days.
func tableCompute(c *arm.Context, r, _ *arm.Resource) {
	r.Default("properties.plan", "Analytics")
	days := float64(basicTableDays)
	if workspace := c.Get(r.ID.Parent().String()); workspace != nil && r.Str("properties.plan") == "Analytics" {
		days = workspace.Num("properties.retentionInDays")
	}
	asDefault := r.Num("properties.retentionInDays") <= 0 || r.Str("properties.plan") != "Analytics"
	if asDefault {
		r.Set("properties.retentionInDays", days)
	}
	totalAsDefault := r.Num("properties.totalRetentionInDays") <= 0
	if totalAsDefault {
		r.Set("properties.totalRetentionInDays", r.Num("properties.retentionInDays"))
	}
	r.Set("properties.retentionInDaysAsDefault", asDefault)
	r.Set("properties.totalRetentionInDaysAsDefault", totalAsDefault)
	r.Set("properties.archiveRetentionInDays", r.Num("properties.totalRetentionInDays")-r.Num("properties.retentionInDays"))
	r.Default("properties.schema.name", r.Name())
}

func tableFind(c *arm.Context, id arm.ID) *arm.Resource {
	if !slices.Contains(builtInTables(), id.Name()) || c.Get(id.Parent().String()) == nil {
		return nil
	}
	r := &arm.Resource{ID: id, Body: arm.Object{"properties": arm.Object{"retentionInDays": float64(tableDefaultDays), "provisioningState": "Succeeded"}}}
	tableCompute(c, r, nil)
	return r
}
