package kinds

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const watcherGroup = "NetworkWatcherRG"

// watcherKinds are network watchers and flow logs.
func watcherKinds() []arm.Kind {
	return []arm.Kind{
		{
			Type: watcherType, Located: true, Name: networkName(80), Status: arm.Status{Create: 201}, Async: arm.Async{Delete: arm.ByLocation},
			ReadOnly: []string{"properties.runningOperationIds"}, Check: watcherCheck,
			Default: func(_ *arm.Context, r *arm.Resource) { r.Default("properties.runningOperationIds", []any{}) },
		},
		{
			Type: flowLogType, Located: true, Name: networkName(80), Async: networkAsync(), Status: arm.Status{Create: 201},
			Required: []string{"properties.targetResourceId", "properties.storageId"}, ReadOnly: []string{"properties.targetResourceGuid"},
			Default: flowLogDefault, Check: flowLogCheck, Compute: flowLogCompute,
		},
	}
}

// watcherCheck: a subscription has one watcher for each region.
func watcherCheck(c *arm.Context, r, _ *arm.Resource) error {
	for _, other := range c.Under("/subscriptions/"+r.ID.Subscription, watcherType) {
		if other.ID.Key() != r.ID.Key() && other.Location() == r.Location() {
			return arm.BadRequest("NetworkWatcherCountLimitReached", "Cannot create more than 1 network watchers for this subscription in this region: there is %s already.", other.ID)
		}
	}
	return nil
}

// virtualNetworkSaved makes the region's watcher with its first network, as Azure does.
func virtualNetworkSaved(c *arm.Context, r, _ *arm.Resource) error {
	subscription := "/subscriptions/" + r.ID.Subscription
	for _, watcher := range c.Under(subscription, watcherType) {
		if watcher.Location() == r.Location() {
			return nil
		}
	}
	group, err := arm.ParseID(subscription + "/resourceGroups/" + watcherGroup)
	if err != nil {
		return err
	}
	if c.Get(group.String()) == nil {
		c.Put(&arm.Resource{ID: group, Body: arm.Object{"location": r.Location(), "properties": arm.Object{"provisioningState": "Succeeded"}}})
	}
	id, err := arm.ParseID(group.String() + "/providers/" + watcherType + "/NetworkWatcher_" + r.Location())
	if err != nil {
		return err
	}
	c.Put(&arm.Resource{ID: id, Body: arm.Object{"location": r.Location(), "properties": arm.Object{"provisioningState": "Succeeded", "runningOperationIds": []any{}}}})
	return nil
}

// virtualNetworkDeleted takes the region's watcher away with its last network, and
// the group with the last watcher. Azure keeps both; here nothing stays of what was made by itself.
func virtualNetworkDeleted(c *arm.Context, r *arm.Resource) {
	subscription := "/subscriptions/" + r.ID.Subscription
	for _, other := range c.Under(subscription, networkType) {
		if other.Location() == r.Location() {
			return
		}
	}
	group := subscription + "/resourceGroups/" + watcherGroup
	c.Remove(group + "/providers/" + watcherType + "/NetworkWatcher_" + r.Location())
	if len(c.Under(group, "")) == 0 {
		c.Remove(group)
	}
}

func flowLogDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.enabled", true)
	r.Default("properties.format.type", "JSON")
	r.Default("properties.format.version", 1)
	r.Default("properties.retentionPolicy.days", 0)
	r.Default("properties.retentionPolicy.enabled", false)
}

func flowLogCheck(c *arm.Context, r, _ *arm.Resource) error {
	target := c.Get(r.Str("properties.targetResourceId"))
	if target == nil {
		return exists(c, r, r.Str("properties.targetResourceId"))
	}
	switch target.ID.Type() {
	case networkType, subnetType, nicType:
	default:
		return arm.BadRequest("NsgFlowLogCreationBlocked", "Flow logs are of virtual networks, subnets and network interfaces; %s is none of them.", target.ID)
	}
	if err := exists(c, r, r.Str("properties.storageId")); err != nil {
		return err
	}
	for _, other := range c.Under("/subscriptions/"+r.ID.Subscription, flowLogType) {
		if other.ID.Key() != r.ID.Key() && strings.EqualFold(other.Str("properties.targetResourceId"), target.ID.String()) {
			return arm.BadRequest("FlowLogAlreadyExistsForTarget", "There is a flow log of %s already: %s.", target.ID, other.ID)
		}
	}
	const analytics = "properties.flowAnalyticsConfiguration.networkWatcherFlowAnalyticsConfiguration."
	if !r.Bool(analytics + "enabled") {
		return nil
	}
	return exists(c, r, r.Str(analytics+"workspaceResourceId"))
}

func flowLogCompute(c *arm.Context, r, _ *arm.Resource) {
	target := c.Get(r.Str("properties.targetResourceId"))
	guid := target.Str("properties.resourceGuid")
	if guid == "" {
		guid = c.Get(target.ID.Parent().String()).Str("properties.resourceGuid")
	}
	r.Set("properties.targetResourceGuid", guid)
}
