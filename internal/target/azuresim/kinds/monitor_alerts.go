package kinds

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const actionGroupType = "Microsoft.Insights/actionGroups"

// alertKinds are action groups and alerts, in Microsoft.Insights and Microsoft.AlertsManagement.
func alertKinds() []arm.Kind {
	name := arm.NameRule{Pattern: `^[^*#&+:<>?@%{}\\/|]+$`, Max: 260}
	return []arm.Kind{
		{
			Type: actionGroupType, Located: true, Name: name, Status: arm.Status{Create: 201}, NoProvisioningState: true,
			Required: []string{"properties.groupShortName"}, Default: actionGroupDefault, Check: actionGroupCheck,
		},
		{
			Type: "Microsoft.Insights/metricAlerts", Located: true, Name: name, NoProvisioningState: true,
			Required: []string{"properties.severity", "properties.scopes", "properties.criteria"}, Default: metricAlertDefault, Check: alertCheck,
		},
		{
			Type: "Microsoft.Insights/activityLogAlerts", Located: true, Name: name, Status: arm.Status{Create: 201}, NoProvisioningState: true,
			Required: []string{"properties.scopes", "properties.condition"}, Check: alertCheck,
			Default: func(_ *arm.Context, r *arm.Resource) { r.Default("properties.enabled", true) },
		},
		{
			Type: "Microsoft.Insights/scheduledQueryRules", Located: true, Name: name, Status: arm.Status{Create: 201}, NoProvisioningState: true,
			Required: []string{"properties.scopes", "properties.criteria"}, Default: queryRuleDefault, Check: alertCheck,
			Compute: func(_ *arm.Context, r, _ *arm.Resource) {
				r.Set("properties.createdWithApiVersion", "2023-03-15-preview")
				r.Set("properties.isLegacyLogAnalyticsRule", false)
				r.Set("properties.isWorkspaceAlertsStorageConfigured", false)
			},
		},
		{
			Type: "Microsoft.AlertsManagement/prometheusRuleGroups", Located: true, Name: name, Status: arm.Status{Create: 201}, NoProvisioningState: true,
			Required: []string{"properties.scopes", "properties.rules"}, Check: ruleGroupCheck,
			Default: func(_ *arm.Context, r *arm.Resource) {
				r.Default("properties.enabled", true)
				r.Default("properties.interval", "PT1M")
			},
		},
	}
}

// receiverLists are the lists of receivers of an action group.
func receiverLists() []string {
	return []string{
		"armRoleReceivers", "automationRunbookReceivers", "azureAppPushReceivers", "azureFunctionReceivers", "emailReceivers", "eventHubReceivers",
		"incidentReceivers", "itsmReceivers", "logicAppReceivers", "smsReceivers", "voiceReceivers", "webhookReceivers",
	}
}

func actionGroupDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.enabled", true)
	for _, list := range receiverLists() {
		r.Default("properties."+list, []any{})
	}
	for _, v := range r.List("properties.emailReceivers") {
		if receiver, is := v.(arm.Object); is {
			receiver["status"] = "Enabled"
		}
	}
}

func actionGroupCheck(_ *arm.Context, r, _ *arm.Resource) error {
	if short := r.Str("properties.groupShortName"); len(short) > 12 {
		return arm.BadRequest("GroupShortNameTooLong", "The short name '%s' of the action group has more than 12 characters.", short)
	}
	names := map[string]bool{}
	for _, list := range receiverLists() {
		for _, v := range r.List("properties." + list) {
			receiver, _ := v.(arm.Object)
			name := strings.ToLower(text(receiver, "name"))
			if name == "" || names[name] {
				return arm.BadRequest("ReceiverNamesNotUnique", "Receivers of an action group need names that differ; '%s' is there twice.", name)
			}
			names[name] = true
		}
	}
	return nil
}

func metricAlertDefault(_ *arm.Context, r *arm.Resource) {
	for path, v := range map[string]any{"enabled": true, "autoMitigate": true, "evaluationFrequency": "PT1M", "windowSize": "PT5M"} {
		r.Default("properties."+path, v)
	}
	scopes := r.List("properties.scopes")
	if len(scopes) == 1 && !r.Has("properties.targetResourceType") {
		scope, _ := scopes[0].(string)
		if id, err := arm.ParseID(scope); err == nil {
			r.Set("properties.targetResourceType", id.Type())
		}
	}
}

func queryRuleDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("kind", "LogAlert")
	for path, v := range map[string]any{"enabled": true, "autoMitigate": true, "severity": 3, "skipQueryValidation": false, "checkWorkspaceAlertsStorageConfigured": false} {
		r.Default("properties."+path, v)
	}
}

// alertCheck refuses scopes and action groups that are not there.
func alertCheck(c *arm.Context, r, _ *arm.Resource) error {
	scopes := r.List("properties.scopes")
	if len(scopes) == 0 {
		return arm.BadRequest("InvalidScopes", "The alert %s has no scope.", r.Name())
	}
	for _, v := range scopes {
		if id, _ := v.(string); c.Get(id) == nil {
			return arm.BadRequest("ResourceNotFound", "The scope '%s' of the alert %s was not found.", id, r.Name())
		}
	}
	return actionGroupsThere(c, r, r.Body)
}

// actionGroupsThere looks for ids of action groups in what is left of a body.
func actionGroupsThere(c *arm.Context, r *arm.Resource, v any) error {
	switch v := v.(type) {
	case string:
		if strings.Contains(strings.ToLower(v), "/providers/"+strings.ToLower(actionGroupType)+"/") && c.Get(v) == nil {
			return arm.BadRequest("ActionGroupNotFound", "The action group '%s' of %s was not found.", v, r.Name())
		}
	case []any:
		for _, inner := range v {
			if err := actionGroupsThere(c, r, inner); err != nil {
				return err
			}
		}
	case arm.Object:
		for _, inner := range v {
			if err := actionGroupsThere(c, r, inner); err != nil {
				return err
			}
		}
	}
	return nil
}

func ruleGroupCheck(c *arm.Context, r, old *arm.Resource) error {
	if len(r.List("properties.rules")) == 0 {
		return arm.BadRequest("BadRequest", "The rule group %s has no rules.", r.Name())
	}
	for _, v := range r.List("properties.rules") {
		rule, _ := v.(arm.Object)
		if (text(rule, "alert") == "") == (text(rule, "record") == "") || text(rule, "expression") == "" {
			return arm.BadRequest("BadRequest", "Each rule of %s has an expression, and records a series or is an alert.", r.Name())
		}
	}
	return alertCheck(c, r, old)
}
