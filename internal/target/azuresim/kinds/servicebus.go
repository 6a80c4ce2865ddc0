package kinds

import (
	"slices"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	serviceBusType         = "Microsoft.ServiceBus/namespaces"
	serviceBusQueue        = serviceBusType + "/queues"
	serviceBusTopic        = serviceBusType + "/topics"
	serviceBusSubscription = serviceBusTopic + "/subscriptions"
	serviceBusRule         = serviceBusSubscription + "/rules"
)

// serviceBusKinds are namespaces, queues, topics, subscriptions and rules, in Microsoft.ServiceBus.
func serviceBusKinds() []arm.Kind {
	entity := arm.NameRule{Pattern: `^[A-Za-z0-9]([A-Za-z0-9._~-]*[A-Za-z0-9])?$`, Max: 260}
	computed := []string{"properties.createdAt", "properties.updatedAt", "properties.accessedAt", "properties.countDetails", "properties.messageCount", "properties.sizeInBytes", "properties.subscriptionCount"}
	return keepFixed([]arm.Kind{
		{
			Type: serviceBusType, Located: true, Async: arm.Async{Put: arm.ByOperation, Patch: arm.ByOperation, Delete: arm.ByOperation}, Status: arm.Status{Create: 201},
			Name:     arm.NameRule{Pattern: `^[a-zA-Z][-a-zA-Z0-9]*[a-zA-Z0-9]$`, Min: 6, Max: 50, Unique: true, Taken: "NamespaceUnavailable"},
			Required: []string{"sku.name"},
			ReadOnly: []string{"properties.serviceBusEndpoint", "properties.metricId", "properties.status", "properties.createdAt", "properties.updatedAt"},
			Default:  serviceBusDefault, Check: serviceBusCheck, Compute: busNamespaceCompute, Saved: busNamespaceSaved,
		},
		busRulesKind(serviceBusType), busKeyKind(serviceBusType), busKeyKind(serviceBusQueue), busKeyKind(serviceBusTopic),
		{
			Type: serviceBusQueue, NoProvisioningState: true, Name: entity, ReadOnly: computed,
			Immutable: []string{"properties.requiresSession", "properties.requiresDuplicateDetection", "properties.enablePartitioning"},
			Default:   serviceBusQueueDefault, Check: serviceBusEntityCheck, Compute: serviceBusEntityCompute,
		},
		{
			Type: serviceBusTopic, NoProvisioningState: true, Name: entity, ReadOnly: computed,
			Immutable: []string{"properties.requiresDuplicateDetection", "properties.enablePartitioning"},
			Default:   serviceBusTopicDefault, Check: serviceBusEntityCheck, Compute: serviceBusEntityCompute, Show: serviceBusTopicShow,
		},
		{
			Type: serviceBusSubscription, NoProvisioningState: true, Name: arm.NameRule{Pattern: `^[A-Za-z0-9]([A-Za-z0-9._$-]*[A-Za-z0-9])?$`, Max: 50}, ReadOnly: computed,
			Immutable: []string{"properties.requiresSession"},
			Default:   serviceBusSubscriptionDefault, Check: serviceBusForwardCheck, Compute: serviceBusSubscriptionCompute, Saved: serviceBusSubscriptionSaved,
		},
		{
			Type: serviceBusRule, NoProvisioningState: true, Name: arm.NameRule{Max: 50},
			Default: serviceBusRuleDefault, Check: serviceBusRuleCheck, Compute: serviceBusRuleCompute,
		},
	})
}

func serviceBusDefault(_ *arm.Context, r *arm.Resource) {
	premium := r.Str("sku.name") == "Premium"
	r.Default("sku.tier", r.Str("sku.name"))
	r.Default("properties.disableLocalAuth", false)
	r.Default("properties.publicNetworkAccess", "Enabled")
	r.Default("properties.minimumTlsVersion", "1.2")
	r.Default("properties.zoneRedundant", premium)
	capacity := 0
	if premium {
		capacity = 1
	}
	r.Default("sku.capacity", capacity)
	r.Default("properties.premiumMessagingPartitions", capacity)
}

func serviceBusCheck(c *arm.Context, r, old *arm.Resource) error {
	size, premium := r.Str("sku.name"), r.Str("sku.name") == "Premium"
	switch {
	case !slices.Contains([]string{"Basic", "Standard", "Premium"}, size):
		return arm.BadRequest("InvalidSkuName", "The SKU '%s' is none of Service Bus.", size)
	case old != nil && (old.Str("sku.name") == "Premium") != premium:
		return arm.BadRequest("InvalidSkuChange", "A namespace changes neither from nor to Premium.")
	case old != nil && r.Num("properties.premiumMessagingPartitions") != old.Num("properties.premiumMessagingPartitions"):
		return arm.BadRequest("InvalidPartitionCount", "The partitions of a namespace are said when it is made.")
	case premium && !slices.Contains([]float64{1, 2, 4, 8, 16}, r.Num("sku.capacity")):
		return arm.BadRequest("InvalidSkuCapacity", "A Premium namespace has 1, 2, 4, 8 or 16 messaging units.")
	case !premium && r.Has("properties.encryption.keyVaultProperties"):
		return arm.BadRequest("EncryptionNotSupported", "Only Premium namespaces are encrypted with a key of their owner.")
	}
	return busNameTaken(c, r, eventHubsType)
}

// serviceBusEntityDefaults are those of queues and topics.
func serviceBusEntityDefaults(c *arm.Context, r *arm.Resource) {
	largest := 256
	if namespace := c.Get(r.ID.Parent().Key()); namespace != nil && namespace.Str("sku.name") == "Premium" {
		largest = 1024
	}
	r.Default("properties.maxMessageSizeInKilobytes", largest)
	if r.Num("properties.maxSizeInMegabytes") == 0 {
		r.Set("properties.maxSizeInMegabytes", 1024)
	}
	r.Default("properties.requiresDuplicateDetection", false)
	r.Default("properties.duplicateDetectionHistoryTimeWindow", "PT10M")
	r.Default("properties.defaultMessageTimeToLive", busForever)
	r.Default("properties.autoDeleteOnIdle", busForever)
	r.Default("properties.enableBatchedOperations", true)
	r.Default("properties.enablePartitioning", false)
	r.Default("properties.enableExpress", false)
	r.Default("properties.status", "Active")
}

func serviceBusQueueDefault(c *arm.Context, r *arm.Resource) {
	serviceBusEntityDefaults(c, r)
	r.Default("properties.lockDuration", "PT1M")
	r.Default("properties.requiresSession", false)
	r.Default("properties.deadLetteringOnMessageExpiration", false)
	r.Default("properties.maxDeliveryCount", 10)
}

func serviceBusTopicDefault(c *arm.Context, r *arm.Resource) {
	serviceBusEntityDefaults(c, r)
	r.Default("properties.supportOrdering", true)
}

func serviceBusEntityCheck(c *arm.Context, r, old *arm.Resource) error {
	namespace := c.Get(r.ID.Parent().Key())
	if namespace == nil {
		return nil
	}
	size := namespace.Str("sku.name")
	switch {
	case size == "Basic" && r.ID.Type() == serviceBusTopic:
		return arm.BadRequest("MessagingGatewayBadRequest", "SubCode=40000. A Basic namespace has no topics.")
	case size == "Premium" && r.Bool("properties.enableExpress"):
		return arm.BadRequest("MessagingGatewayBadRequest", "SubCode=40000. A Premium namespace has no express entities.")
	case size != "Premium" && r.Num("properties.maxMessageSizeInKilobytes") > 256:
		return arm.BadRequest("MessagingGatewayBadRequest", "SubCode=40000. Large messages need a Premium namespace.")
	}
	other := serviceBusTopic
	if r.ID.Type() == serviceBusTopic {
		other = serviceBusQueue
	}
	if old == nil && serviceBusEntity(c, r, other, r.Name()) {
		return arm.Conflict("MessagingGatewayConflict", "SubCode=40900. The name '%s' is taken by another entity of the namespace.", r.Name())
	}
	return serviceBusForwardCheck(c, r, old)
}

// serviceBusEntity tells whether the namespace of r has an entity of a type.
func serviceBusEntity(c *arm.Context, r *arm.Resource, typ, name string) bool {
	id := r.ID
	for len(id.Types) > 1 {
		id = id.Parent()
	}
	return c.Get(id.Child(typ[len(serviceBusType)+1:], name).Key()) != nil
}

func serviceBusForwardCheck(c *arm.Context, r, _ *arm.Resource) error {
	for _, path := range []string{"properties.forwardTo", "properties.forwardDeadLetteredMessagesTo"} {
		to := r.Str(path)
		if to == "" || serviceBusEntity(c, r, serviceBusQueue, to) || serviceBusEntity(c, r, serviceBusTopic, to) {
			continue
		}
		return arm.BadRequest("MessagingGatewayBadRequest", "SubCode=40000. The entity '%s' to forward to does not exist.", to)
	}
	return nil
}

func serviceBusEntityCompute(c *arm.Context, r, old *arm.Resource) {
	now := c.Now().Format(busStamp)
	r.Set("properties.updatedAt", now)
	if old != nil {
		return
	}
	r.Set("properties.createdAt", now)
	r.Set("properties.sizeInBytes", 0)
	r.Set("properties.countDetails", arm.Object{"activeMessageCount": 0, "deadLetterMessageCount": 0, "scheduledMessageCount": 0, "transferMessageCount": 0, "transferDeadLetterMessageCount": 0})
}

func serviceBusTopicShow(c *arm.Context, r *arm.Resource) {
	r.Set("properties.subscriptionCount", len(c.Under(r.ID.String(), serviceBusSubscription)))
}

func serviceBusSubscriptionDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.lockDuration", "PT1M")
	r.Default("properties.requiresSession", false)
	r.Default("properties.defaultMessageTimeToLive", busForever)
	r.Default("properties.autoDeleteOnIdle", busForever)
	r.Default("properties.deadLetteringOnMessageExpiration", false)
	r.Default("properties.deadLetteringOnFilterEvaluationExceptions", true)
	r.Default("properties.enableBatchedOperations", true)
	r.Default("properties.maxDeliveryCount", 10)
	r.Default("properties.isClientAffine", false)
	r.Default("properties.status", "Active")
}

func serviceBusSubscriptionCompute(c *arm.Context, r, old *arm.Resource) {
	if !r.Bool("properties.isClientAffine") {
		r.Unset("properties.clientAffineProperties")
	}
	serviceBusEntityCompute(c, r, old)
}

// serviceBusSubscriptionSaved gives a new subscription the rule that lets every message pass.
func serviceBusSubscriptionSaved(c *arm.Context, r, old *arm.Resource) error {
	if old == nil {
		c.Make(r.ID, "rules", "$Default", arm.Object{"properties": arm.Object{
			"action": arm.Object{}, "filterType": "SqlFilter", "sqlFilter": arm.Object{"sqlExpression": "1=1", "compatibilityLevel": 20},
		}})
	}
	return nil
}

func serviceBusRuleDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.action", arm.Object{})
	if r.Str("properties.filterType") == "SqlFilter" {
		r.Default("properties.sqlFilter.sqlExpression", "1=1")
	}
}

func serviceBusRuleCheck(_ *arm.Context, r, _ *arm.Resource) error {
	switch r.Str("properties.filterType") {
	case "SqlFilter":
		return nil
	case "CorrelationFilter":
		if len(r.Obj("properties.correlationFilter")) > 0 {
			return nil
		}
		return arm.BadRequest("MessagingGatewayBadRequest", "SubCode=40000. A correlation filter has at least one property.")
	}
	return arm.BadRequest("MessagingGatewayBadRequest", "SubCode=40000. The filter of a rule is a SqlFilter or a CorrelationFilter.")
}

func serviceBusRuleCompute(_ *arm.Context, r, _ *arm.Resource) {
	if r.Str("properties.filterType") == "SqlFilter" {
		r.Set("properties.sqlFilter.compatibilityLevel", 20)
	}
	if r.Str("properties.action.sqlExpression") != "" {
		r.Set("properties.action.compatibilityLevel", 20)
	}
}
