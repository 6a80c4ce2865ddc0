package kinds

import (
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	cosmosType     = "Microsoft.DocumentDB/databaseAccounts"
	cosmosKeyBytes = 64
)

// cosmosKinds are Cosmos DB accounts and what they hold, in Microsoft.DocumentDB.
func cosmosKinds() []arm.Kind {
	return keepFixed(slices.Concat([]arm.Kind{cosmosAccountKind(), cosmosNameKind()}, cosmosDataKinds(), cosmosRoleKinds()))
}

func cosmosAccountKind() arm.Kind {
	return arm.Kind{
		Type: cosmosType, Located: true, Async: arm.Async{Put: arm.ByOperation, Patch: arm.ByOperation, Delete: arm.ByOperation},
		Name:     arm.NameRule{Pattern: `^[a-z0-9][-a-z0-9]*[a-z0-9]$`, Min: 3, Max: 50, Unique: true, Taken: "DatabaseAccountAlreadyExists"},
		Required: []string{"properties.databaseAccountOfferType"}, Immutable: []string{"kind", "properties.enableFreeTier"},
		ReadOnly: []string{"properties.documentEndpoint", "properties.instanceId", "properties.readLocations", "properties.writeLocations", "properties.failoverPolicies", "properties.keysMetadata"},
		Keep:     []string{"identity", "properties.keyVaultKeyUri", "properties.backupPolicy", "properties.defaultIdentity"},
		Default:  cosmosDefault, Check: cosmosCheck, Compute: cosmosCompute,
		Actions: map[string]arm.Action{
			"listKeys": {Run: cosmosListKeys}, "readonlykeys": {Run: cosmosReadKeys}, "listConnectionStrings": {Run: cosmosConnections},
			"regenerateKey": {Run: cosmosNewKey, Async: arm.ByOperation}, "failoverPriorityChange": {Run: cosmosFailover, Async: arm.ByOperation},
		},
	}
}

// cosmosNameKind answers whether an account's name is taken: HEAD of databaseAccountNames.
func cosmosNameKind() arm.Kind {
	return arm.Kind{
		Type: "Microsoft.DocumentDB/databaseAccountNames", Scopes: arm.InTenant, NoProvisioningState: true, NoSystemData: true,
		Find: func(c *arm.Context, id arm.ID) *arm.Resource {
			taken := slices.ContainsFunc(c.Under("", cosmosType), func(r *arm.Resource) bool { return strings.EqualFold(r.Name(), id.Name()) })
			if !taken {
				return nil
			}
			return &arm.Resource{ID: id, Body: arm.Object{}}
		},
		Check: func(*arm.Context, *arm.Resource, *arm.Resource) error {
			return arm.Errorf(405, "MethodNotAllowed", "The names of accounts are only asked for.")
		},
	}
}

func cosmosDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("kind", "GlobalDocumentDB")
	for path, value := range map[string]any{
		"enableAutomaticFailover": false, "enableMultipleWriteLocations": false, "enableFreeTier": false, "enableAnalyticalStorage": false,
		"enablePartitionMerge": false, "enableBurstCapacity": false, "isVirtualNetworkFilterEnabled": false, "disableLocalAuth": false,
		"disableKeyBasedMetadataWriteAccess": false, "publicNetworkAccess": "Enabled", "minimalTlsVersion": "Tls12", "defaultIdentity": "FirstPartyIdentity",
		"networkAclBypass": "None", "networkAclBypassResourceIds": []any{}, "ipRules": []any{}, "virtualNetworkRules": []any{}, "cors": []any{}, "capabilities": []any{},
		"consistencyPolicy.defaultConsistencyLevel": "Session", "consistencyPolicy.maxIntervalInSeconds": 5, "consistencyPolicy.maxStalenessPrefix": 100,
	} {
		r.Default("properties."+path, value)
	}
	cosmosAPIDefault(r)
	cosmosBackupDefault(r)
}

func cosmosAPIDefault(r *arm.Resource) {
	schema := "WellDefined"
	if cosmosMongo(r) {
		schema = "FullFidelity"
		r.Default("properties.apiProperties.serverVersion", "7.0")
		if !cosmosCapable(r, "EnableMongo") {
			r.Set("properties.capabilities", append(r.List("properties.capabilities"), arm.Object{"name": "EnableMongo"}))
		}
	}
	r.Default("properties.analyticalStorageConfiguration.schemaType", schema)
}

func cosmosBackupDefault(r *arm.Resource) {
	r.Default("properties.backupPolicy.type", "Periodic")
	if r.Str("properties.backupPolicy.type") == "Continuous" {
		r.Default("properties.backupPolicy.continuousModeProperties.tier", "Continuous30Days")
		return
	}
	const periodic = "properties.backupPolicy.periodicModeProperties."
	r.Default(periodic+"backupIntervalInMinutes", 240)
	r.Default(periodic+"backupRetentionIntervalInHours", 8)
	r.Default(periodic+"backupStorageRedundancy", "Geo")
}

func cosmosMongo(r *arm.Resource) bool { return r.Str("kind") == "MongoDB" }

func cosmosCapable(r *arm.Resource, name string) bool {
	return slices.ContainsFunc(r.List("properties.capabilities"), func(one any) bool {
		capability, _ := one.(arm.Object)
		return text(capability, "name") == name
	})
}

func cosmosServerless(r *arm.Resource) bool { return cosmosCapable(r, "EnableServerless") }

func cosmosCheck(c *arm.Context, r, old *arm.Resource) error {
	if err := cosmosCheckLocations(r); err != nil {
		return err
	}
	if old != nil && old.Str("properties.backupPolicy.type") == "Continuous" && r.Str("properties.backupPolicy.type") != "Continuous" {
		return arm.BadRequest("BadRequest", "Continuous backups cannot be turned into periodic ones.")
	}
	for _, one := range r.List("properties.virtualNetworkRules") {
		rule, _ := one.(arm.Object)
		if id := text(rule, "id"); c.Get(id) == nil {
			return arm.BadRequest("BadRequest", "The subnet '%s' was not found.", id)
		}
	}
	if key := r.Str("properties.keyVaultKeyUri"); key != "" && old == nil && r.Str("properties.defaultIdentity") == "FirstPartyIdentity" {
		return nil
	}
	return cosmosCheckIdentity(r)
}

// cosmosCheckIdentity wants the identity that opens the key to be one of the account's.
func cosmosCheckIdentity(r *arm.Resource) error {
	wanted, is := strings.CutPrefix(r.Str("properties.defaultIdentity"), "UserAssignedIdentity=")
	if !is {
		return nil
	}
	for id := range r.Obj("identity.userAssignedIdentities") {
		if strings.EqualFold(id, wanted) {
			return nil
		}
	}
	return arm.BadRequest("BadRequest", "The default identity '%s' is not assigned to the account.", wanted)
}

func cosmosCheckLocations(r *arm.Resource) error {
	locations := cosmosLocations(r)
	if len(locations) == 0 {
		return arm.BadRequest("BadRequest", "An account has at least one location.")
	}
	if cosmosServerless(r) && len(locations) > 1 {
		return arm.BadRequest("BadRequest", "A serverless account has one location.")
	}
	seen, names := map[float64]bool{}, map[string]bool{}
	for _, l := range locations {
		priority, _ := l["failoverPriority"].(float64)
		name := cosmosLocationName(l)
		if seen[priority] || names[name] || int(priority) >= len(locations) || priority < 0 {
			return arm.BadRequest("BadRequest", "The locations of an account and their failover priorities, from 0 without gaps, are all different.")
		}
		seen[priority], names[name] = true, true
	}
	return nil
}

func cosmosLocations(r *arm.Resource) []arm.Object {
	var out []arm.Object
	for _, one := range r.List("properties.locations") {
		if l, is := one.(arm.Object); is {
			out = append(out, l)
		}
	}
	return out
}

func cosmosLocationName(l arm.Object) string {
	return strings.ToLower(strings.ReplaceAll(text(l, "locationName"), " ", ""))
}

func cosmosCompute(c *arm.Context, r, old *arm.Resource) {
	if kind := r.Str("identity.type"); kind == "None" {
		r.Unset("identity")
	}
	r.Set("properties.documentEndpoint", "https://"+c.Host("documents", r.Name())+":443/")
	if cosmosMongo(r) {
		r.Set("properties.mongoEndpoint", "https://"+c.Host("mongo.cosmos", r.Name())+":443/")
	}
	cosmosRegions(c, r)
	if old != nil {
		return
	}
	r.Set("properties.instanceId", c.NewUUID())
	now := c.Now().Format(busStamp)
	for _, key := range cosmosKeys() {
		r.Hide(key, c.NewKey(cosmosKeyBytes))
		r.Set("properties.keysMetadata."+key, arm.Object{"generationTime": now})
	}
}

func cosmosKeys() []string {
	return []string{"primaryMasterKey", "secondaryMasterKey", "primaryReadonlyMasterKey", "secondaryReadonlyMasterKey"}
}

// cosmosRegions writes the locations as Azure tells them: all, those written to, those read, and the failover order.
func cosmosRegions(c *arm.Context, r *arm.Resource) {
	var all, write, policies []any
	locations := cosmosLocations(r)
	slices.SortFunc(locations, func(a, b arm.Object) int {
		first, _ := a["failoverPriority"].(float64)
		second, _ := b["failoverPriority"].(float64)
		return int(first - second)
	})
	for _, l := range locations {
		name := cosmosLocationName(l)
		id := r.Name() + "-" + name
		zones, _ := l["isZoneRedundant"].(bool)
		region := arm.Object{
			"id": id, "locationName": name, "documentEndpoint": "https://" + c.Host("documents", id) + ":443/", "provisioningState": "Succeeded",
			"failoverPriority": l["failoverPriority"], "isZoneRedundant": zones,
		}
		all = append(all, region)
		if priority, _ := l["failoverPriority"].(float64); priority == 0 || r.Bool("properties.enableMultipleWriteLocations") {
			write = append(write, region)
		}
		policies = append(policies, arm.Object{"id": id, "locationName": name, "failoverPriority": l["failoverPriority"]})
	}
	r.Set("properties.locations", all)
	r.Set("properties.readLocations", all)
	r.Set("properties.writeLocations", write)
	r.Set("properties.failoverPolicies", policies)
}

func cosmosListKeys(_ *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	out := arm.Object{}
	for _, key := range cosmosKeys() {
		out[key] = r.Secret(key)
	}
	return out, nil
}

func cosmosReadKeys(_ *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	out := arm.Object{}
	for _, key := range cosmosKeys()[2:] {
		out[key] = r.Secret(key)
	}
	return out, nil
}

func cosmosConnections(c *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	out := []any{}
	for i, which := range []string{"Primary", "Secondary", "Primary Read-Only", "Secondary Read-Only"} {
		key := r.Secret(cosmosKeys()[i])
		api, line := "SQL", "AccountEndpoint="+r.Str("properties.documentEndpoint")+";AccountKey="+key+";"
		if cosmosMongo(r) {
			api = "MongoDB"
			line = "mongodb://" + r.Name() + ":" + key + "@" + c.Host("mongo.cosmos", r.Name()) + ":10255/?ssl=true&replicaSet=globaldb&retrywrites=false&maxIdleTimeMS=120000&appName=@" + r.Name() + "@"
		}
		out = append(out, arm.Object{"connectionString": line, "description": which + " " + api + " Connection String"})
	}
	return arm.Object{"connectionStrings": out}, nil
}

func cosmosNewKey(c *arm.Context, r *arm.Resource, in arm.Object) (any, error) {
	which := map[string]string{"primary": "primaryMasterKey", "secondary": "secondaryMasterKey", "primaryReadonly": "primaryReadonlyMasterKey", "secondaryReadonly": "secondaryReadonlyMasterKey"}[text(in, "keyKind")]
	if which == "" {
		return nil, arm.BadRequest("BadRequest", "keyKind must be primary, secondary, primaryReadonly or secondaryReadonly.")
	}
	r.Hide(which, c.NewKey(cosmosKeyBytes))
	r.Set("properties.keysMetadata."+which, arm.Object{"generationTime": c.Now().Format(busStamp)})
	c.Put(r)
	return nil, nil
}

// cosmosFailover puts the locations into another order.
func cosmosFailover(c *arm.Context, r *arm.Resource, in arm.Object) (any, error) {
	wanted, _ := in["failoverPolicies"].([]any)
	locations := cosmosLocations(r)
	for _, l := range locations {
		for _, one := range wanted {
			policy, _ := one.(arm.Object)
			if cosmosLocationName(policy) == cosmosLocationName(l) {
				l["failoverPriority"] = policy["failoverPriority"]
			}
		}
	}
	if err := cosmosCheckLocations(r); err != nil {
		return nil, err
	}
	cosmosRegions(c, r)
	c.Put(r)
	return nil, nil
}
