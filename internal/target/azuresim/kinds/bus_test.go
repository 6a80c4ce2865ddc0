package kinds_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// list returns the list at a path of a resource.
func (c *dataCloud) list(resource, path string) []any {
	c.t.Helper()
	got, _ := arm.Lookup(c.must(http.MethodGet, resource, ""), path)
	out, _ := got.([]any)
	return out
}

func TestServiceBus(t *testing.T) {
	t.Parallel()
	const namespace = "Microsoft.ServiceBus/namespaces/sb-shop"
	c := newDataCloud(t)
	c.must(http.MethodPut, namespace, `{"location":"westeurope","sku":{"name":"Premium","capacity":1},"properties":{"publicNetworkAccess":"Disabled","disableLocalAuth":true}}`)
	c.want(c.must(http.MethodGet, namespace, ""), "properties.serviceBusEndpoint", "https://sb-shop.servicebus.azuresim.localhost:443/")
	c.want(c.must(http.MethodGet, namespace+"/networkRuleSets/default", ""), "properties.publicNetworkAccess", "Disabled")
	keys := c.must(http.MethodPost, namespace+"/authorizationRules/RootManageSharedAccessKey/listKeys", "")
	if line, _ := keys["primaryConnectionString"].(string); !strings.HasPrefix(line, "Endpoint=sb://sb-shop.servicebus.azuresim.localhost/;SharedAccessKeyName=Root") {
		t.Errorf("the connection string is %q", line)
	}

	c.must(http.MethodPut, namespace+"/topics/events", `{"properties":{}}`)
	c.must(http.MethodPut, namespace+"/topics/events/subscriptions/all", `{"properties":{}}`)
	c.want(c.must(http.MethodGet, namespace+"/topics/events/subscriptions/all/rules/$Default", ""), "properties.sqlFilter.sqlExpression", "1=1")
	c.want(c.must(http.MethodGet, namespace+"/topics/events", ""), "properties.subscriptionCount", 1.0)
	c.must(http.MethodPut, namespace+"/queues/jobs", `{"properties":{"forwardTo":"events"}}`)

	c.refused(http.MethodPut, namespace+"/queues/lost", `{"properties":{"forwardTo":"nowhere"}}`, 400, "MessagingGatewayBadRequest")
	c.refused(http.MethodPut, namespace+"/queues/events", `{"properties":{}}`, 409, "MessagingGatewayConflict")
	c.refused(http.MethodPut, namespace+"/topics/events/subscriptions/all/rules/empty", `{"properties":{"filterType":"CorrelationFilter","correlationFilter":{}}}`, 400, "MessagingGatewayBadRequest")
	c.refused(http.MethodDelete, namespace+"/authorizationRules/RootManageSharedAccessKey", "", 400, "InvalidOperation")
	c.refused(http.MethodPut, "Microsoft.EventHub/namespaces/sb-shop", `{"location":"westeurope","sku":{"name":"Standard"}}`, 409, "NamespaceUnavailable")
	c.refused(http.MethodPut, namespace, `{"location":"westeurope","sku":{"name":"Standard"},"properties":{}}`, 400, "InvalidSkuChange")
}

func TestNetworkRulesAndNamespaceTellTheSameOfPublicAccess(t *testing.T) {
	t.Parallel()
	const namespace = "Microsoft.EventHub/namespaces/evhns-shop"
	c := newDataCloud(t)
	c.must(http.MethodPut, namespace, `{"location":"westeurope","sku":{"name":"Standard"},"properties":{}}`)
	c.must(http.MethodPut, namespace+"/networkRuleSets/default", `{"properties":{"defaultAction":"Deny","publicNetworkAccess":"Disabled"}}`)
	c.want(c.must(http.MethodGet, namespace, ""), "properties.publicNetworkAccess", "Disabled")
	c.must(http.MethodPatch, namespace, `{"properties":{"publicNetworkAccess":"Enabled"}}`)
	c.want(c.must(http.MethodGet, namespace+"/networkRuleSets/default", ""), "properties.publicNetworkAccess", "Enabled")
}

func TestEventHubs(t *testing.T) {
	t.Parallel()
	const namespace, hub = "Microsoft.EventHub/namespaces/evhns-shop", "Microsoft.EventHub/namespaces/evhns-shop/eventhubs/audit"
	c := newDataCloud(t)
	c.must(http.MethodPut, namespace, `{"location":"westeurope","sku":{"name":"Standard"},"properties":{}}`)
	c.want(c.must(http.MethodGet, namespace, ""), "properties.kafkaEnabled", true)

	c.must(http.MethodPut, hub, `{"properties":{"partitionCount":3,"retentionDescription":{"cleanupPolicy":"Delete","retentionTimeInHours":36}}}`)
	c.want(c.must(http.MethodGet, hub, ""), "properties.messageRetentionInDays", 2.0)
	if ids := c.list(hub, "properties.partitionIds"); len(ids) != 3 || ids[2] != "2" {
		t.Errorf("the partitions are %v", ids)
	}
	c.must(http.MethodGet, hub+"/consumergroups/$Default", "")
	c.must(http.MethodPut, hub, `{"properties":{"partitionCount":3,"messageRetentionInDays":2}}`)
	c.want(c.must(http.MethodGet, hub, ""), "properties.retentionDescription.retentionTimeInHours", 36.0)

	c.refused(http.MethodPut, hub, `{"properties":{"partitionCount":4}}`, 400, "PartitionCountCannotBeChanged")
	c.refused(http.MethodPut, namespace+"/eventhubs/wide", `{"properties":{"partitionCount":33}}`, 400, "InvalidPartitionCount")
	c.refused(http.MethodPut, namespace+"/eventhubs/long", `{"properties":{"partitionCount":1,"retentionDescription":{"cleanupPolicy":"Delete","retentionTimeInHours":200}}}`, 400, "InvalidRetention")
	c.refused(http.MethodDelete, hub+"/consumergroups/$Default", "", 400, "InvalidOperation")
}

func TestEventGrid(t *testing.T) {
	t.Parallel()
	const topic = "Microsoft.EventGrid/topics/signals"
	c := newDataCloud(t)
	c.must(http.MethodPut, topic, `{"location":"westeurope","properties":{}}`)
	c.want(c.must(http.MethodGet, topic, ""), "properties.endpoint", "https://signals.westeurope-1.eventgrid.azuresim.localhost/api/events")

	const hook = topic + "/providers/Microsoft.EventGrid/eventSubscriptions/hook"
	c.must(http.MethodPut, hook, `{"properties":{"expirationTimeUtc":"","destination":{"endpointType":"WebHook","properties":{"endpointUrl":"https://example.com/in?code=secret"}}}}`)
	got := c.must(http.MethodGet, hook, "")
	c.want(got, "properties.destination.properties.endpointUrl", nil)
	c.want(got, "properties.destination.properties.endpointBaseUrl", "https://example.com/in")
	c.want(c.must(http.MethodPost, hook+"/getFullUrl", ""), "endpointUrl", "https://example.com/in?code=secret")

	const lost = topic + "/providers/Microsoft.EventGrid/eventSubscriptions/lost"
	c.refused(http.MethodPut, lost, `{"properties":{"destination":{"endpointType":"EventHub","properties":{"resourceId":"`+c.group+`/providers/Microsoft.EventHub/namespaces/gone/eventhubs/gone"}}}}`, 400, "InvalidRequest")
	c.refused(http.MethodPut, lost, `{"properties":{"deliveryWithResourceIdentity":{"identity":{"type":"SystemAssigned"},"destination":{"endpointType":"WebHook","properties":{"endpointUrl":"https://example.com/"}}}}}`, 400, "InvalidRequest")
}
