package kinds

import (
	"net/url"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	eventGridTopic        = "Microsoft.EventGrid/topics"
	eventGridSystemTopic  = "Microsoft.EventGrid/systemTopics"
	eventGridSubscription = "Microsoft.EventGrid/eventSubscriptions"
	eventGridKeyBytes     = 48
)

// eventGridKinds are topics, system topics and event subscriptions, in Microsoft.EventGrid.
func eventGridKinds() []arm.Kind {
	async := arm.Async{Put: arm.ByOperation, Patch: arm.ByOperation, Delete: arm.ByOperation}
	name := arm.NameRule{Pattern: `^[-a-zA-Z0-9]+$`, Min: 3, Max: 50}
	subscription := arm.Kind{
		Async: async, Status: arm.Status{Create: 201, Update: 201}, Name: arm.NameRule{Pattern: `^[-a-zA-Z0-9]+$`, Min: 3, Max: 64},
		Default: eventGridSubscriptionDefault, Check: eventGridSubscriptionCheck, Compute: eventGridSubscriptionCompute,
		Actions: map[string]arm.Action{"getFullUrl": {Run: eventGridFullURL}},
	}
	scoped, ofSystem := subscription, subscription
	scoped.Type, scoped.Scopes = eventGridSubscription, arm.InResource|arm.InGroup|arm.InSubscription
	ofSystem.Type = eventGridSystemTopic + "/eventSubscriptions"
	return keepFixed([]arm.Kind{
		{
			Type: eventGridTopic, Located: true, Async: async, Status: arm.Status{Create: 201, Update: 201}, Name: name,
			Immutable: []string{"properties.inputSchema"}, ReadOnly: []string{"properties.endpoint", "properties.metricResourceId"},
			Default: eventGridTopicDefault, Check: eventGridTopicCheck, Compute: eventGridTopicCompute,
			Actions: map[string]arm.Action{"listKeys": {Run: eventGridListKeys}, "regenerateKey": {Run: eventGridNewKey}},
		},
		{
			Type: eventGridSystemTopic, Located: true, Async: async, Status: arm.Status{Create: 201}, Name: name,
			Required: []string{"properties.source", "properties.topicType"}, Immutable: []string{"properties.source", "properties.topicType"},
			ReadOnly: []string{"properties.metricResourceId"}, Check: eventGridSystemTopicCheck, Compute: eventGridSystemTopicCompute,
		},
		scoped, ofSystem,
	})
}

func eventGridTopicDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.inputSchema", "EventGridSchema")
	r.Default("properties.publicNetworkAccess", "Enabled")
	r.Default("properties.disableLocalAuth", false)
	r.Default("properties.dataResidencyBoundary", "WithinGeopair")
	r.Default("properties.minimumTlsVersionAllowed", "1.2")
	r.Default("kind", "Azure")
	r.Default("sku.name", "Basic")
}

func eventGridTopicCheck(c *arm.Context, r, _ *arm.Resource) error {
	for _, one := range c.Under("", eventGridTopic) {
		if one.ID.Key() != r.ID.Key() && one.Location() == r.Location() && strings.EqualFold(one.Name(), r.Name()) {
			return arm.Conflict("InvalidRequest", "The topic name '%s' is already taken in %s.", r.Name(), r.Location())
		}
	}
	return nil
}

func eventGridTopicCompute(c *arm.Context, r, old *arm.Resource) {
	r.Set("properties.endpoint", "https://"+c.Host(r.Location()+"-1.eventgrid", r.Name())+"/api/events")
	eventGridIdentity(r)
	if old == nil {
		r.Set("properties.metricResourceId", c.NewUUID())
		r.Hide("key1", c.NewKey(eventGridKeyBytes))
		r.Hide("key2", c.NewKey(eventGridKeyBytes))
	}
}

func eventGridIdentity(r *arm.Resource) {
	if r.Str("identity.type") == "None" {
		r.Unset("identity")
	}
}

func eventGridListKeys(_ *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	return arm.Object{"key1": r.Secret("key1"), "key2": r.Secret("key2")}, nil
}

func eventGridNewKey(c *arm.Context, r *arm.Resource, in arm.Object) (any, error) {
	which := text(in, "keyName")
	if which != "key1" && which != "key2" {
		return nil, arm.BadRequest("InvalidRequest", "keyName must be key1 or key2.")
	}
	r.Hide(which, c.NewKey(eventGridKeyBytes))
	c.Put(r)
	return eventGridListKeys(c, r, nil)
}

func eventGridSystemTopicCheck(c *arm.Context, r, _ *arm.Resource) error {
	source := r.Str("properties.source")
	if c.Get(source) == nil {
		return arm.BadRequest("InvalidRequest", "The source '%s' of the system topic was not found.", source)
	}
	for _, one := range c.Under("", eventGridSystemTopic) {
		if one.ID.Key() != r.ID.Key() && strings.EqualFold(one.Str("properties.source"), source) {
			return arm.BadRequest("InvalidRequest", "The source '%s' has a system topic already: only one is allowed.", source)
		}
	}
	return nil
}

func eventGridSystemTopicCompute(c *arm.Context, r, old *arm.Resource) {
	eventGridIdentity(r)
	if old == nil {
		r.Set("properties.metricResourceId", c.NewUUID())
	}
}

func eventGridSubscriptionDefault(_ *arm.Context, r *arm.Resource) {
	if r.Str("properties.expirationTimeUtc") == "" {
		r.Unset("properties.expirationTimeUtc")
	}
	r.Default("properties.eventDeliverySchema", "EventGridSchema")
	r.Default("properties.filter.subjectBeginsWith", "")
	r.Default("properties.filter.subjectEndsWith", "")
	r.Default("properties.labels", []any{})
	r.Default("properties.retryPolicy.maxDeliveryAttempts", 30)
	r.Default("properties.retryPolicy.eventTimeToLiveInMinutes", 1440)
}

// eventGridDestination is where the events go, with or without an identity, and its path.
func eventGridDestination(r *arm.Resource) (destination arm.Object, path string) {
	for _, path := range []string{"properties.deliveryWithResourceIdentity.destination", "properties.destination"} {
		if d := r.Obj(path); d != nil {
			return d, path
		}
	}
	return nil, ""
}

func eventGridSubscriptionCheck(c *arm.Context, r, _ *arm.Resource) error {
	destination, path := eventGridDestination(r)
	if destination == nil {
		return arm.BadRequest("InvalidRequest", "The destination of an event subscription cannot be null or empty.")
	}
	target, _ := arm.Lookup(destination, "properties.resourceId")
	if id, _ := target.(string); id != "" && c.Get(id) == nil {
		return arm.BadRequest("InvalidRequest", "The destination '%s' of the event subscription was not found.", id)
	}
	if topic := c.Get(r.ID.Parent().String()); strings.HasPrefix(path, "properties.deliveryWithResourceIdentity") && topic != nil && topic.Obj("identity") == nil {
		return arm.BadRequest("InvalidRequest", "The topic '%s' has no identity to deliver with.", topic.Name())
	}
	return nil
}

// eventGridSubscriptionCompute keeps the address of a web hook, of which only the base is shown.
func eventGridSubscriptionCompute(_ *arm.Context, r, _ *arm.Resource) {
	r.Set("properties.topic", r.ID.Parent().String())
	destination, path := eventGridDestination(r)
	if text(destination, "endpointType") != "WebHook" {
		return
	}
	full := r.Str(path + ".properties.endpointUrl")
	if full == "" {
		return
	}
	r.Hide("endpointUrl", full)
	r.Unset(path + ".properties.endpointUrl")
	if u, err := url.Parse(full); err == nil {
		u.RawQuery = ""
		r.Set(path+".properties.endpointBaseUrl", u.String())
	}
}

func eventGridFullURL(_ *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	if full := r.Secret("endpointUrl"); full != "" {
		return arm.Object{"endpointUrl": full}, nil
	}
	destination, _ := eventGridDestination(r)
	return nil, arm.BadRequest("InvalidRequest", "Destination type of the event subscription %s is %s which doesn't support full URL. Only webhook destination type supports full URL.", r.Name(), text(destination, "endpointType"))
}
