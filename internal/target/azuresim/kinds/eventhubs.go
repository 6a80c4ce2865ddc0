package kinds

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	eventHubsType     = "Microsoft.EventHub/namespaces"
	eventHubType      = eventHubsType + "/eventhubs"
	eventHubStandard  = 168  // hours that a Standard namespace keeps events
	eventHubLongest   = 2160 // and a Premium one
	eventHubMost      = 32   // partitions in a Standard namespace
	eventHubMostLarge = 100  // and in a Premium one
)

// eventHubKinds are namespaces, event hubs, consumer groups and schema groups, in Microsoft.EventHub.
func eventHubKinds() []arm.Kind {
	stamps := []string{"properties.createdAt", "properties.updatedAt"}
	return keepFixed([]arm.Kind{
		{
			Type: eventHubsType, Located: true, Async: arm.Async{Put: arm.ByOperation, Delete: arm.ByOperation}, Status: arm.Status{Create: 201},
			Name:     arm.NameRule{Pattern: `^[a-zA-Z][-a-zA-Z0-9]*[a-zA-Z0-9]$`, Min: 6, Max: 50, Unique: true, Taken: "NamespaceUnavailable"},
			Required: []string{"sku.name"}, ReadOnly: append([]string{"properties.serviceBusEndpoint", "properties.metricId", "properties.status"}, stamps...),
			Keep:    []string{"properties.encryption"},
			Default: eventHubsDefault, Check: eventHubsCheck, Compute: busNamespaceCompute, Saved: busNamespaceSaved,
		},
		busRulesKind(eventHubsType), busKeyKind(eventHubsType), busKeyKind(eventHubType),
		{
			Type: eventHubType, NoProvisioningState: true, Name: arm.NameRule{Pattern: `^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$`, Max: 256},
			ReadOnly: append([]string{"properties.partitionIds"}, stamps...),
			Default:  eventHubDefault, Check: eventHubCheck, Compute: eventHubCompute, Saved: eventHubSaved,
		},
		{
			Type: eventHubType + "/consumergroups", NoProvisioningState: true, Name: arm.NameRule{Pattern: `^(\$Default|[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?)$`, Max: 50},
			ReadOnly: stamps, Compute: eventHubStamps, Deletable: eventHubGroupDeletable,
		},
		{
			Type: eventHubsType + "/schemagroups", NoProvisioningState: true, Name: arm.NameRule{Pattern: `^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$`, Max: 256},
			Immutable: []string{"properties.schemaType", "properties.schemaCompatibility"}, Required: []string{"properties.schemaType", "properties.schemaCompatibility"},
			ReadOnly: []string{"properties.createdAtUtc", "properties.updatedAtUtc"}, Compute: eventHubSchemaCompute,
		},
	})
}

func eventHubsDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("sku.tier", r.Str("sku.name"))
	r.Default("sku.capacity", 1)
	r.Default("properties.isAutoInflateEnabled", false)
	r.Default("properties.maximumThroughputUnits", 0)
	r.Default("properties.disableLocalAuth", false)
	r.Default("properties.publicNetworkAccess", "Enabled")
	r.Default("properties.minimumTlsVersion", "1.2")
	r.Default("properties.zoneRedundant", true)
	r.Set("properties.kafkaEnabled", r.Str("sku.name") != "Basic")
}

func eventHubsCheck(c *arm.Context, r, old *arm.Resource) error {
	size := r.Str("sku.name")
	switch {
	case !slices.Contains([]string{"Basic", "Standard", "Premium"}, size):
		return arm.BadRequest("InvalidSkuName", "The SKU '%s' is none of Event Hubs.", size)
	case old != nil && (old.Str("sku.name") == "Premium") != (size == "Premium"):
		return arm.BadRequest("InvalidSkuChange", "A namespace changes neither from nor to Premium.")
	case r.Bool("properties.isAutoInflateEnabled") && (size != "Standard" || r.Num("properties.maximumThroughputUnits") < r.Num("sku.capacity")):
		return arm.BadRequest("InvalidAutoInflate", "Only a Standard namespace grows by itself, and not below its capacity.")
	case size != "Premium" && r.Has("properties.encryption.keyVaultProperties") && !r.Has("properties.clusterArmId"):
		return arm.BadRequest("EncryptionNotSupported", "Only Premium namespaces are encrypted with a key of their owner.")
	}
	return busNameTaken(c, r, serviceBusType)
}

func eventHubStamps(c *arm.Context, r, old *arm.Resource) {
	r.Set("properties.updatedAt", c.Now().Format(busStamp))
	if old == nil {
		r.Set("properties.createdAt", c.Now().Format(busStamp))
	}
}

// eventHubDefault keeps the two ways to say how long events stay in step: days, and a description in hours.
func eventHubDefault(c *arm.Context, r *arm.Resource) {
	r.Default("properties.partitionCount", 4)
	r.Default("properties.status", "Active")
	old := c.Get(r.ID.String())
	days := r.Num("properties.messageRetentionInDays")
	if !r.Has("properties.retentionDescription") && old != nil && (days == 0 || days == old.Num("properties.messageRetentionInDays")) {
		r.Set("properties.retentionDescription", old.Get("properties.retentionDescription"))
	}
	if !r.Has("properties.retentionDescription") {
		if days == 0 {
			days = 7
		}
		r.Set("properties.retentionDescription", arm.Object{"cleanupPolicy": "Delete", "retentionTimeInHours": days * 24})
	}
	r.Default("properties.retentionDescription.cleanupPolicy", "Delete")
	if r.Str("properties.retentionDescription.cleanupPolicy") == "Delete" {
		r.Default("properties.retentionDescription.retentionTimeInHours", 24)
		days = math.Ceil(r.Num("properties.retentionDescription.retentionTimeInHours") / 24)
		r.Set("properties.messageRetentionInDays", days)
		return
	}
	r.Default("properties.retentionDescription.tombstoneRetentionTimeInHours", 24)
	r.Default("properties.messageRetentionInDays", 7)
}

func eventHubCheck(c *arm.Context, r, old *arm.Resource) error {
	namespace := c.Get(r.ID.Parent().String())
	if namespace == nil {
		return nil
	}
	size, most, longest := namespace.Str("sku.name"), float64(eventHubMost), float64(eventHubStandard)
	if size == "Premium" {
		most, longest = eventHubMostLarge, eventHubLongest
	}
	count := r.Num("properties.partitionCount")
	switch {
	case count < 1 || count > most:
		return arm.BadRequest("InvalidPartitionCount", "An event hub of a %s namespace has 1 to %d partitions.", size, int(most))
	case r.Num("properties.retentionDescription.retentionTimeInHours") > longest:
		return arm.BadRequest("InvalidRetention", "A %s namespace keeps events at most %d hours.", size, int(longest))
	case old != nil && count != old.Num("properties.partitionCount") && size != "Premium":
		return arm.BadRequest("PartitionCountCannotBeChanged", "The number of partitions changes in Premium namespaces alone.")
	case old != nil && r.Str("properties.retentionDescription.cleanupPolicy") != old.Str("properties.retentionDescription.cleanupPolicy"):
		return arm.BadRequest("CleanupPolicyCannotBeChanged", "The cleanup policy of an event hub stays as it was.")
	case old != nil && count < old.Num("properties.partitionCount"):
		return arm.BadRequest("PartitionCountCannotBeChanged", "The number of partitions can only grow.")
	}
	return nil
}

func eventHubCompute(c *arm.Context, r, old *arm.Resource) {
	eventHubStamps(c, r, old)
	ids := []any{}
	for i := range int(r.Num("properties.partitionCount")) {
		ids = append(ids, strconv.Itoa(i))
	}
	r.Set("properties.partitionIds", ids)
}

// eventHubSaved gives a new event hub its consumer group $Default.
func eventHubSaved(c *arm.Context, r, old *arm.Resource) error {
	if old == nil {
		now := c.Now().Format(busStamp)
		c.Make(r.ID, "consumergroups", "$Default", arm.Object{"properties": arm.Object{"createdAt": now, "updatedAt": now}})
	}
	return nil
}

func eventHubGroupDeletable(_ *arm.Context, r *arm.Resource) error {
	if r.Name() == "$Default" {
		return arm.BadRequest("InvalidOperation", "The consumer group $Default stays with its event hub.")
	}
	return nil
}

func eventHubSchemaCompute(c *arm.Context, r, old *arm.Resource) {
	r.Set("properties.updatedAtUtc", c.Now().Format(time.RFC3339))
	if old == nil {
		r.Set("properties.createdAtUtc", c.Now().Format(time.RFC3339))
		r.Set("properties.eTag", c.NewUUID())
	}
	r.Default("properties.groupProperties", arm.Object{})
}
