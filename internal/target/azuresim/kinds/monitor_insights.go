package kinds

import (
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	componentType = "Microsoft.Insights/components"
	detectorType  = "Microsoft.AlertsManagement/smartDetectorAlertRules"
	billingType   = componentType + "/currentBillingFeatures"
)

// insightsKinds are Application Insights, what it bills, and the alert that comes with it.
func insightsKinds() []arm.Kind {
	return []arm.Kind{
		{
			Type: componentType, Located: true, Name: arm.NameRule{Pattern: `^[^<>*%{}&:\\?/+]*[^<>*%{}&:\\?/+. ]$`, Max: 260},
			Required: []string{"properties.Application_Type"}, Immutable: []string{"properties.Application_Type"},
			ReadOnly: []string{"properties.InstrumentationKey", "properties.AppId", "properties.ConnectionString", "properties.CreationDate", "properties.TenantId"},
			Default:  componentDefault, Check: componentCheck, Compute: componentCompute, Saved: componentSaved, Deleted: componentDeleted,
		},
		{
			Type: billingType, Single: true, NoProvisioningState: true, NoSystemData: true, Default: billingDefault,
			Find: func(c *arm.Context, id arm.ID) *arm.Resource {
				if c.Get(id.Parent().String()) == nil {
					return nil
				}
				r := &arm.Resource{ID: id, Body: arm.Object{}}
				billingDefault(c, r)
				return r
			},
		},
		{
			Type: detectorType, Located: true, Status: arm.Status{Create: 201},
			Required: []string{"properties.detector.id", "properties.severity", "properties.frequency", "properties.state"},
		},
	}
}

func componentDefault(_ *arm.Context, r *arm.Resource) {
	for path, v := range map[string]any{
		"Flow_Type": "Bluefield", "Request_Source": "rest", "RetentionInDays": 90, "SamplingPercentage": 100, "DisableIpMasking": false, "DisableLocalAuth": false,
		"publicNetworkAccessForIngestion": "Enabled", "publicNetworkAccessForQuery": "Enabled", "ForceCustomerStorageForProfiler": false,
	} {
		r.Default("properties."+path, v)
	}
}

func componentCheck(c *arm.Context, r, _ *arm.Resource) error {
	workspace := r.Str("properties.WorkspaceResourceId")
	if workspace == "" {
		return arm.BadRequest("BadRequest", "Application Insights without a workspace is retired: WorkspaceResourceId of %s is missing.", r.Name())
	}
	if found := c.Get(workspace); found == nil || !strings.EqualFold(found.ID.Type(), workspaceType) {
		return arm.BadRequest("BadRequest", "The workspace '%s' was not found.", workspace)
	}
	return nil
}

func componentCompute(c *arm.Context, r, old *arm.Resource) {
	if old == nil {
		r.Set("properties.InstrumentationKey", c.NewUUID())
		r.Set("properties.AppId", c.NewUUID())
		r.Set("properties.CreationDate", c.Now().Format(time.RFC3339))
	}
	r.Set("properties.ApplicationId", r.Name())
	r.Set("properties.Name", r.Name())
	r.Set("properties.TenantId", c.Cloud().SubscriptionID)
	r.Set("properties.IngestionMode", "LogAnalytics")
	r.Set("properties.Ver", "v2")
	r.Set("properties.ConnectionString", "InstrumentationKey="+r.Str("properties.InstrumentationKey")+
		";IngestionEndpoint=https://"+c.Host("in.applicationinsights", r.Location())+"/"+
		";LiveEndpoint=https://"+c.Host("livediagnostics.monitor", r.Location())+"/"+
		";ApplicationId="+r.Str("properties.AppId"))
}

// detectorID is the id of the alert on failures that a component gets by itself.
func detectorID(component arm.ID) string {
	return component.Scope + "/providers/" + detectorType + "/Failure Anomalies - " + component.Name()
}

func componentSaved(c *arm.Context, r, old *arm.Resource) error {
	if old != nil {
		return nil
	}
	id, err := arm.ParseID(detectorID(r.ID))
	if err != nil {
		return err
	}
	c.Put(&arm.Resource{ID: id, Body: arm.Object{
		"location": "global",
		"properties": arm.Object{
			"description": "Failure Anomalies notifies you of an unusual rise in the rate of failed HTTP requests or dependency calls.",
			"state":       "Enabled", "severity": "Sev3", "frequency": "PT1M", "detector": arm.Object{"id": "FailureAnomaliesDetector"},
			"scope": []any{r.ID.String()}, "actionGroups": arm.Object{"groupIds": []any{}},
		},
	}})
	return nil
}

// componentDeleted takes the alert along that came with the component.
func componentDeleted(c *arm.Context, r *arm.Resource) { c.Remove(detectorID(r.ID)) }

func billingDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("CurrentBillingFeatures", []any{"Basic"})
	r.Default("DataVolumeCap.Cap", 100)
	for path, v := range map[string]any{"ResetTime": 24, "MaxHistoryCap": 1000, "WarningThreshold": 90, "StopSendNotificationWhenHitCap": false, "StopSendNotificationWhenHitThreshold": false} {
		r.Default("DataVolumeCap."+path, v)
	}
}
