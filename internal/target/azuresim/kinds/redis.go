package kinds

import (
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	redisType       = "Microsoft.Cache/redisEnterprise"
	redisDatabase   = redisType + "/databases"
	redisKeyBytes   = 32
	redisFirstSize  = "Balanced_B"
	redisGeoMembers = 5
)

// redisKinds are Managed Redis, its database and who may use it, in Microsoft.Cache.
func redisKinds() []arm.Kind {
	byOperation := arm.Async{Put: arm.ByOperation, Patch: arm.ByOperation, Delete: arm.ByOperation}
	return keepFixed([]arm.Kind{
		{
			Type: redisType, Located: true, Async: byOperation, Status: arm.Status{Create: 201},
			Name:     arm.NameRule{Pattern: `^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$`, Min: 3, Max: 63, Unique: true, Taken: "NameNotAvailable"},
			Required: []string{"sku.name"}, Immutable: []string{"properties.highAvailability"},
			ReadOnly: []string{"properties.hostName", "properties.redisVersion", "properties.redundancyMode"},
			Default:  redisDefault, Check: redisCheck, Compute: redisCompute,
			Actions: map[string]arm.Action{"listSkusForScaling": {Run: redisSizes}},
		},
		{
			Type: redisDatabase, Async: byOperation, Status: arm.Status{Create: 201}, Name: arm.NameRule{Pattern: `^default$`},
			Immutable: []string{"properties.clusteringPolicy", "properties.port"},
			ReadOnly:  []string{"properties.redisVersion"},
			Default:   redisDatabaseDefault, Check: redisDatabaseCheck, Compute: redisDatabaseCompute,
			Actions: map[string]arm.Action{
				"listKeys": {Run: redisListKeys}, "regenerateKey": {Run: redisNewKey, Async: arm.ByOperation},
				"flush":                       {Run: redisDone, Async: arm.ByOperation},
				"forceLinkToReplicationGroup": {Run: redisLink, Async: arm.ByOperation},
				"forceUnlink":                 {Run: redisUnlink, Async: arm.ByOperation},
			},
		},
		{
			Type: redisDatabase + "/accessPolicyAssignments", Async: arm.Async{Put: arm.ByOperation, Delete: arm.ByOperation}, Status: arm.Status{Create: 201},
			Name: arm.NameRule{Max: 60}, Required: []string{"properties.accessPolicyName", "properties.user.objectId"}, Check: redisAssignmentCheck,
		},
	})
}

func redisDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.highAvailability", "Enabled")
	r.Default("properties.minimumTlsVersion", "1.2")
	r.Default("properties.publicNetworkAccess", "Enabled")
	r.Default("properties.encryption", arm.Object{})
	r.Default("kind", "v2")
}

func redisCheck(c *arm.Context, r, _ *arm.Resource) error {
	if size := r.Str("sku.name"); !slices.Contains(redisSizeNames(), size) {
		return arm.BadRequest("InvalidSku", "The size '%s' is none of Managed Redis.", size)
	}
	key := r.Str("properties.encryption.customerManagedKeyEncryption.keyEncryptionKeyUrl")
	id := r.Str("properties.encryption.customerManagedKeyEncryption.keyEncryptionKeyIdentity.userAssignedIdentityResourceId")
	if key != "" && (id == "" || c.Get(id) == nil) {
		return arm.BadRequest("InvalidCustomerManagedKey", "The identity '%s' for the key '%s' was not found.", id, key)
	}
	return nil
}

func redisCompute(c *arm.Context, r, _ *arm.Resource) {
	r.Set("properties.hostName", c.Host(r.Location()+".redis", r.Name()))
	r.Set("properties.resourceState", "Running")
	r.Set("properties.redisVersion", "7.4")
	mode := "None"
	if r.Str("properties.highAvailability") == "Enabled" {
		mode = "ZR"
	}
	r.Set("properties.redundancyMode", mode)
	if r.Str("identity.type") == "None" {
		r.Unset("identity")
	}
}

func redisSizeNames() []string {
	var out []string
	for prefix, sizes := range map[string]string{
		redisFirstSize: "0 1 3 5 10 20 50 100 150 250 350 500 700 1000", "MemoryOptimized_M": "10 20 50 100 150 250 350 500 700 1000 1500 2000",
		"ComputeOptimized_X": "3 5 10 20 50 100 150 250 350 500 700", "FlashOptimized_A": "250 500 700 1000 1500 2000 4500",
	} {
		for size := range strings.FieldsSeq(sizes) {
			out = append(out, prefix+size)
		}
	}
	slices.Sort(out)
	return out
}

// redisSizes lists what an instance can become in place: anything of memory for one of memory, flash for flash.
func redisSizes(_ *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	flash := strings.HasPrefix(r.Str("sku.name"), "Flash")
	skus := []any{}
	for _, name := range redisSizeNames() {
		if strings.HasPrefix(name, "Flash") == flash {
			skus = append(skus, arm.Object{"name": name})
		}
	}
	return arm.Object{"skus": skus}, nil
}

func redisDatabaseDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.accessKeysAuthentication", "Disabled")
	r.Default("properties.clientProtocol", "Encrypted")
	r.Default("properties.clusteringPolicy", "OSSCluster")
	r.Default("properties.evictionPolicy", "VolatileLRU")
	r.Default("properties.deferUpgrade", "NotDeferred")
	r.Default("properties.modules", []any{})
	r.Default("properties.persistence.aofEnabled", false)
	r.Default("properties.persistence.rdbEnabled", false)
	r.Default("properties.port", 10000)
}

func redisDatabaseCheck(_ *arm.Context, r, old *arm.Resource) error {
	if r.Bool("properties.persistence.aofEnabled") && r.Bool("properties.persistence.rdbEnabled") {
		return arm.BadRequest("InvalidPersistence", "A database is kept by AOF or by RDB, not by both.")
	}
	persistent := r.Bool("properties.persistence.aofEnabled") || r.Bool("properties.persistence.rdbEnabled")
	if r.Str("properties.geoReplication.groupNickname") != "" && persistent {
		return arm.BadRequest("InvalidPersistence", "A geo-replicated database has no persistence.")
	}
	if old != nil && len(old.List("properties.modules")) != len(r.List("properties.modules")) {
		return arm.Conflict("PropertyChangeNotAllowed", "The modules of a database stay as they were.")
	}
	return nil
}

func redisDatabaseCompute(c *arm.Context, r, old *arm.Resource) {
	r.Set("properties.resourceState", "Running")
	r.Set("properties.redisVersion", "7.4")
	modules := r.List("properties.modules")
	for _, m := range modules {
		if module, is := m.(arm.Object); is && module["version"] == nil {
			module["version"] = "7.4.0"
		}
	}
	if links := r.List("properties.geoReplication.linkedDatabases"); len(links) > 0 {
		redisLinked(r, links)
	}
	if old == nil {
		r.Hide("primaryKey", c.NewKey(redisKeyBytes))
		r.Hide("secondaryKey", c.NewKey(redisKeyBytes))
	}
}

func redisListKeys(_ *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	if r.Str("properties.accessKeysAuthentication") != "Enabled" {
		return nil, arm.BadRequest("AccessKeysDisabled", "The database '%s' has access keys off.", r.ID)
	}
	return arm.Object{"primaryKey": r.Secret("primaryKey"), "secondaryKey": r.Secret("secondaryKey")}, nil
}

func redisNewKey(c *arm.Context, r *arm.Resource, in arm.Object) (any, error) {
	which := map[string]string{"Primary": "primaryKey", "Secondary": "secondaryKey"}[text(in, "keyType")]
	if which == "" {
		return nil, arm.BadRequest("InvalidRequestContent", "keyType must be Primary or Secondary.")
	}
	r.Hide(which, c.NewKey(redisKeyBytes))
	c.Put(r)
	return redisListKeys(c, r, nil)
}

func redisDone(*arm.Context, *arm.Resource, arm.Object) (any, error) { return nil, nil }

// redisLink makes a database and others one geo-replicated group.
func redisLink(c *arm.Context, r *arm.Resource, in arm.Object) (any, error) {
	group, _ := arm.Lookup(in, "geoReplication.groupNickname")
	wanted, _ := arm.Lookup(in, "geoReplication.linkedDatabases")
	links, _ := wanted.([]any)
	if len(links) == 0 || len(links) > redisGeoMembers {
		return nil, arm.BadRequest("InvalidGeoReplication", "A group has 1 to %d databases.", redisGeoMembers)
	}
	for _, l := range links {
		link, _ := l.(arm.Object)
		member := c.Get(text(link, "id"))
		if member == nil {
			return nil, arm.NotFound("ResourceNotFound", "The database '%s' was not found.", text(link, "id"))
		}
		if strings.EqualFold(member.ID.String(), r.ID.String()) {
			member = r
		}
		member.Set("properties.geoReplication.groupNickname", group)
		redisLinked(member, links)
		c.Put(member)
	}
	return nil, nil
}

func redisLinked(r *arm.Resource, links []any) {
	out := make([]any, 0, len(links))
	for _, l := range links {
		link, _ := l.(arm.Object)
		out = append(out, arm.Object{"id": text(link, "id"), "state": "Linked"})
	}
	r.Set("properties.geoReplication.linkedDatabases", out)
}

// redisUnlink takes databases out of the group that r is in.
func redisUnlink(c *arm.Context, r *arm.Resource, in arm.Object) (any, error) {
	ids, _ := in["ids"].([]any)
	leaves := func(id string) bool {
		return slices.ContainsFunc(ids, func(one any) bool { s, _ := one.(string); return strings.EqualFold(s, id) })
	}
	var stay []any
	for _, l := range r.List("properties.geoReplication.linkedDatabases") {
		link, _ := l.(arm.Object)
		id := text(link, "id")
		if !leaves(id) {
			stay = append(stay, link)
			continue
		}
		if gone := c.Get(id); gone != nil {
			redisLinked(gone, []any{arm.Object{"id": id}})
			c.Put(gone)
		}
	}
	for _, l := range stay {
		link, _ := l.(arm.Object)
		if member := c.Get(text(link, "id")); member != nil {
			redisLinked(member, stay)
			c.Put(member)
		}
	}
	return nil, nil
}

func redisAssignmentCheck(_ *arm.Context, r, _ *arm.Resource) error {
	if policy := r.Str("properties.accessPolicyName"); policy != "default" {
		return arm.BadRequest("InvalidAccessPolicy", "The access policy '%s' does not exist; there is only default.", policy)
	}
	return nil
}
