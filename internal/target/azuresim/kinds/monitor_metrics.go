package kinds

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	monitorAccountType     = "Microsoft.Monitor/accounts"
	collectionEndpointType = "Microsoft.Insights/dataCollectionEndpoints"
	collectionRuleType     = "Microsoft.Insights/dataCollectionRules"
	associationType        = "Microsoft.Insights/dataCollectionRuleAssociations"
	immutableIDSize        = 16
)

// metricKinds are Azure Monitor workspaces, and what collects data for them.
func metricKinds() []arm.Kind {
	return []arm.Kind{
		{
			Type: monitorAccountType, Located: true, Async: arm.Async{Delete: arm.ByOperation}, Status: arm.Status{Create: 201},
			Name:     arm.NameRule{Pattern: `^[A-Za-z0-9][A-Za-z0-9-]+[A-Za-z0-9]$`, Min: 4, Max: 63},
			ReadOnly: []string{"properties.accountId", "properties.metrics", "properties.defaultIngestionSettings", "properties.privateEndpointConnections"},
			Default:  func(_ *arm.Context, r *arm.Resource) { r.Default("properties.publicNetworkAccess", "Enabled") },
			Compute:  accountCompute, Saved: accountSaved, Deleted: accountDeleted,
		},
		{
			Type: collectionEndpointType, Located: true, Status: arm.Status{Create: 201}, ReadOnly: []string{"properties.immutableId"},
			Default: func(_ *arm.Context, r *arm.Resource) {
				r.Default("properties.networkAcls.publicNetworkAccess", "Enabled")
			}, Compute: collectionEndpointCompute,
		},
		{
			Type: collectionRuleType, Located: true, Status: arm.Status{Create: 201}, ReadOnly: []string{"properties.immutableId"},
			Required: []string{"properties.destinations", "properties.dataFlows"}, Check: collectionRuleCheck,
			Compute: func(c *arm.Context, r, old *arm.Resource) {
				if old == nil {
					r.Set("properties.immutableId", "dcr-"+c.NewHex(immutableIDSize))
				}
			},
			Deletable: func(c *arm.Context, r *arm.Resource) error {
				if users := c.Users(r.ID.String(), associationType); len(users) > 0 {
					return arm.BadRequest("AssociationsExist", "The data collection rule %s has associations: %s. Delete them first.", r.Name(), users[0].ID)
				}
				return nil
			},
		},
		{
			Type: associationType, Scopes: arm.InResource, Status: arm.Status{Create: 201}, NoPatch: true, Check: associationCheck,
		},
	}
}

// managedGroup is the group that Azure makes for an account's own endpoint and rule.
func managedGroup(r *arm.Resource) arm.ID {
	return arm.ID{
		Subscription: r.ID.Subscription, Group: "MA_" + r.Name() + "_" + r.Location() + "_managed", Scope: "/subscriptions/" + r.ID.Subscription,
		Types: []string{"resourceGroups"}, Names: []string{"MA_" + r.Name() + "_" + r.Location() + "_managed"},
	}
}

func accountCompute(c *arm.Context, r, old *arm.Resource) {
	if old == nil {
		short := c.NewHex(2)
		r.Set("properties.accountId", c.NewUUID())
		r.Set("properties.metrics.internalId", "mac_"+c.NewUUID())
		r.Set("properties.metrics.prometheusQueryEndpoint", "https://"+c.Host(r.Location()+".prometheus.monitor", r.Name()+"-"+short))
	}
	group := managedGroup(r).String()
	r.Set("properties.defaultIngestionSettings", arm.Object{
		"dataCollectionEndpointResourceId": group + "/providers/" + collectionEndpointType + "/" + r.Name(),
		"dataCollectionRuleResourceId":     group + "/providers/" + collectionRuleType + "/" + r.Name(),
	})
}

// accountSaved makes the managed group with the account's own endpoint and rule.
func accountSaved(c *arm.Context, r, old *arm.Resource) error {
	if old != nil {
		return nil
	}
	c.Put(&arm.Resource{ID: managedGroup(r), Body: arm.Object{"location": r.Location(), "managedBy": r.ID.String(), "properties": arm.Object{"provisioningState": "Succeeded"}}})
	for _, path := range []string{"dataCollectionEndpointResourceId", "dataCollectionRuleResourceId"} {
		id, err := arm.ParseID(r.Str("properties.defaultIngestionSettings." + path))
		if err != nil {
			return err
		}
		own := &arm.Resource{ID: id, Body: arm.Object{"location": r.Location(), "managedBy": r.ID.String(), "properties": arm.Object{"provisioningState": "Succeeded"}}}
		if id.Type() == collectionEndpointType {
			collectionEndpointCompute(c, own, nil)
		} else {
			own.Set("properties.immutableId", "dcr-"+c.NewHex(immutableIDSize))
			own.Set("properties.destinations.monitoringAccounts", []any{arm.Object{"accountResourceId": r.ID.String(), "name": "MonitoringAccount"}})
			own.Set("properties.dataFlows", []any{arm.Object{"streams": []any{"Microsoft-PrometheusMetrics"}, "destinations": []any{"MonitoringAccount"}}})
		}
		c.Put(own)
	}
	return nil
}

func accountDeleted(c *arm.Context, r *arm.Resource) { c.Remove(managedGroup(r).String()) }

func collectionEndpointCompute(c *arm.Context, r, old *arm.Resource) {
	if old != nil {
		for _, path := range []string{"configurationAccess", "logsIngestion", "metricsIngestion"} {
			r.Set("properties."+path, old.Obj("properties."+path))
		}
		return
	}
	name := strings.ToLower(r.Name()) + "-" + c.NewHex(2)
	r.Set("properties.immutableId", "dce-"+c.NewHex(immutableIDSize))
	r.Set("properties.configurationAccess.endpoint", "https://"+c.Host(r.Location()+"-1.handler.control.monitor", name))
	r.Set("properties.logsIngestion.endpoint", "https://"+c.Host(r.Location()+"-1.ingest.monitor", name))
	r.Set("properties.metricsIngestion.endpoint", "https://"+c.Host(r.Location()+"-1.metrics.ingest.monitor", name))
}

// collectionRuleCheck refuses flows to nowhere, and destinations that are not there.
func collectionRuleCheck(c *arm.Context, r, _ *arm.Resource) error {
	if err := exists(c, r, r.Str("properties.dataCollectionEndpointId")); err != nil {
		return err
	}
	names := map[string]bool{}
	for kind, v := range r.Obj("properties.destinations") {
		list, is := v.([]any)
		if one, single := v.(arm.Object); single {
			list, is = []any{one}, true
		}
		for _, item := range list {
			o, _ := item.(arm.Object)
			names[text(o, "name")] = true
			for _, path := range []string{"workspaceResourceId", "accountResourceId", "eventHubResourceId", "storageAccountResourceId"} {
				if id := text(o, path); is && id != "" && c.Get(id) == nil {
					return arm.BadRequest("InvalidPayload", "The destination '%s' of %s: '%s' was not found.", kind, r.Name(), id)
				}
			}
		}
	}
	for _, v := range r.List("properties.dataFlows") {
		flow, _ := v.(arm.Object)
		to, _ := flow["destinations"].([]any)
		for _, name := range to {
			if s, _ := name.(string); !names[s] {
				return arm.BadRequest("InvalidPayload", "A data flow of %s goes to '%s', which is no destination.", r.Name(), s)
			}
		}
	}
	return nil
}

func associationCheck(c *arm.Context, r, _ *arm.Resource) error {
	rule, endpoint := r.Str("properties.dataCollectionRuleId"), r.Str("properties.dataCollectionEndpointId")
	if (rule == "") == (endpoint == "") {
		return arm.BadRequest("InvalidPayload", "The association %s is with a data collection rule or with an endpoint: one of the two.", r.Name())
	}
	if endpoint != "" && r.Name() != "configurationAccessEndpoint" {
		return arm.BadRequest("InvalidAssociationName", "An association with an endpoint is named configurationAccessEndpoint.")
	}
	return exists(c, r, rule+endpoint)
}
