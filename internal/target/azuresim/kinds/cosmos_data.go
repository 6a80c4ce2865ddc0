package kinds

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	cosmosSQL        = cosmosType + "/sqlDatabases"
	cosmosContainer  = cosmosSQL + "/containers"
	cosmosMongoDB    = cosmosType + "/mongodbDatabases"
	cosmosCollection = cosmosMongoDB + "/collections"
	cosmosThroughput = "/throughputSettings"
)

// cosmosDataKinds are databases, containers, collections and their throughput.
func cosmosDataKinds() []arm.Kind {
	async := arm.Async{Put: arm.ByOperation, Delete: arm.ByOperation}
	one := func(typ string, settle func(*arm.Resource), immutable ...string) arm.Kind {
		return arm.Kind{
			Type: typ, Async: async, NoProvisioningState: true, NoSystemData: true, Status: arm.Status{Create: 202, Update: 202},
			Name: arm.NameRule{Pattern: `^[^/\\#?]*[^/\\#? ]$`, Max: 255}, Required: []string{"properties.resource.id"}, Immutable: immutable,
			Check: cosmosDataCheck, Saved: cosmosDataSaved,
			Compute: func(c *arm.Context, r, _ *arm.Resource) {
				if settle != nil {
					settle(r)
				}
				cosmosStamp(c, r)
			},
		}
	}
	kinds := []arm.Kind{
		one(cosmosSQL, nil),
		one(cosmosContainer, cosmosContainerSettle, "properties.resource.partitionKey", "properties.resource.uniqueKeyPolicy"),
		one(cosmosMongoDB, nil),
		one(cosmosCollection, cosmosCollectionSettle, "properties.resource.shardKey"),
	}
	for _, owner := range []string{cosmosSQL, cosmosContainer, cosmosMongoDB, cosmosCollection} {
		kinds = append(kinds, arm.Kind{
			Type: owner + cosmosThroughput, Async: async, NoProvisioningState: true, NoSystemData: true, Status: arm.Status{Create: 202, Update: 202},
			Name: arm.NameRule{Pattern: `^default$`}, Check: cosmosThroughputCheck, Compute: cosmosThroughputCompute,
			Deletable: func(*arm.Context, *arm.Resource) error {
				return arm.Errorf(405, "MethodNotAllowed", "Throughput goes with what it is for.")
			},
		})
	}
	return kinds
}

// cosmosAccount is the account that something lies in.
func cosmosAccount(c *arm.Context, id arm.ID) *arm.Resource {
	for len(id.Types) > 1 {
		id = id.Parent()
	}
	return c.Get(id.String())
}

func cosmosDataCheck(c *arm.Context, r, old *arm.Resource) error {
	if r.Str("properties.resource.id") != r.Name() {
		return arm.BadRequest("BadRequest", "The id of the resource and the name in the path differ: '%s' and '%s'.", r.Str("properties.resource.id"), r.Name())
	}
	account := cosmosAccount(c, r.ID)
	if account == nil {
		return nil
	}
	if mongo := strings.HasPrefix(r.ID.Type(), cosmosMongoDB); mongo != cosmosMongo(account) {
		return arm.BadRequest("BadRequest", "The account '%s' does not speak the api of %s.", account.Name(), r.ID.Type())
	}
	options := r.Obj("properties.options")
	if old == nil && cosmosServerless(account) && len(options) > 0 {
		return arm.BadRequest("BadRequest", "Setting offer throughput or autopilot on container is not supported for serverless accounts.")
	}
	return cosmosOfferCheck(r.Num("properties.options.throughput"), r.Num("properties.options.autoscaleSettings.maxThroughput"))
}

// cosmosOfferCheck holds throughput to Azure's steps; zero is none.
func cosmosOfferCheck(fixed, most float64) error {
	if fixed != 0 && (fixed < 400 || int(fixed)%100 != 0) {
		return arm.BadRequest("BadRequest", "The throughput must be at least 400 RU/s, in steps of 100.")
	}
	if most != 0 && (most < 1000 || int(most)%1000 != 0) {
		return arm.BadRequest("BadRequest", "The largest throughput must be at least 1000 RU/s, in steps of 1000.")
	}
	return nil
}

// cosmosDataSaved gives new data its throughput: what was asked for, and a container of its own
// 400 RU/s where neither its database nor the account says otherwise.
func cosmosDataSaved(c *arm.Context, r, old *arm.Resource) error {
	fixed, most := r.Num("properties.options.throughput"), r.Num("properties.options.autoscaleSettings.maxThroughput")
	r.Unset("properties.options")
	c.Put(r)
	if old != nil {
		return nil
	}
	account := cosmosAccount(c, r.ID)
	if fixed == 0 && most == 0 && account != nil && !cosmosServerless(account) && len(r.ID.Types) == 3 && c.Get(cosmosOffer(r.ID.Parent()).String()) == nil {
		fixed = 400
	}
	if fixed == 0 && most == 0 {
		return nil
	}
	offer := &arm.Resource{ID: cosmosOffer(r.ID), Body: arm.Object{}}
	if most > 0 {
		offer.Set("properties.resource.autoscaleSettings.maxThroughput", most)
	} else {
		offer.Set("properties.resource.throughput", fixed)
	}
	cosmosThroughputCompute(c, offer, nil)
	c.Put(offer)
	return nil
}

func cosmosOffer(id arm.ID) arm.ID { return id.Child("throughputSettings", "default") }

func cosmosThroughputCheck(_ *arm.Context, r, old *arm.Resource) error {
	if old == nil {
		return arm.NotFound("NotFound", "The resource has no throughput of its own.")
	}
	scales := r.Has("properties.resource.autoscaleSettings.maxThroughput")
	if scales != old.Has("properties.resource.autoscaleSettings.maxThroughput") {
		return arm.BadRequest("BadRequest", "Fixed throughput becomes scaling one, and back, by a migration.")
	}
	return cosmosOfferCheck(r.Num("properties.resource.throughput"), r.Num("properties.resource.autoscaleSettings.maxThroughput"))
}

func cosmosThroughputCompute(c *arm.Context, r, _ *arm.Resource) {
	least := "400"
	if most := r.Num("properties.resource.autoscaleSettings.maxThroughput"); most > 0 {
		least = "1000"
		r.Set("properties.resource.throughput", most/10)
	}
	r.Set("properties.resource.minimumThroughput", least)
	cosmosStamp(c, r)
}

// cosmosStamp sets what the database engine notes with everything.
func cosmosStamp(c *arm.Context, r *arm.Resource) {
	r.Set("properties.resource._ts", c.Now().Unix())
	r.Set("properties.resource._etag", `"`+c.NewUUID()+`"`)
	r.Set("properties.resource._rid", base64.StdEncoding.EncodeToString([]byte(r.Name()))[:4])
}

func cosmosContainerSettle(r *arm.Resource) {
	r.Default("properties.resource.partitionKey.kind", "Hash")
	r.Default("properties.resource.indexingPolicy.indexingMode", "consistent")
	r.Default("properties.resource.indexingPolicy.automatic", r.Str("properties.resource.indexingPolicy.indexingMode") != "none")
	r.Default("properties.resource.uniqueKeyPolicy.uniqueKeys", []any{})
	r.Default("properties.resource.conflictResolutionPolicy", arm.Object{"mode": "LastWriterWins", "conflictResolutionPath": "/_ts", "conflictResolutionProcedure": ""})
	const included, excluded = "properties.resource.indexingPolicy.includedPaths", "properties.resource.indexingPolicy.excludedPaths"
	if r.Str("properties.resource.indexingPolicy.indexingMode") == "none" {
		r.Default(included, []any{})
		r.Default(excluded, []any{})
		return
	}
	if len(r.List(included)) == 0 && len(r.List(excluded)) == 0 {
		r.Set(included, []any{arm.Object{"path": "/*"}})
	}
	etag := arm.Object{"path": `/"_etag"/?`}
	if !slices.ContainsFunc(r.List(excluded), func(one any) bool { p, _ := one.(arm.Object); return text(p, "path") == text(etag, "path") }) {
		r.Set(excluded, append(r.List(excluded), etag))
	}
}

// cosmosCollectionSettle gives a collection the index of _id.
func cosmosCollectionSettle(r *arm.Resource) {
	const path = "properties.resource.indexes"
	has := slices.ContainsFunc(r.List(path), func(one any) bool {
		index, _ := one.(arm.Object)
		keys, _ := arm.Lookup(index, "key.keys")
		list, _ := keys.([]any)
		return len(list) == 1 && list[0] == "_id"
	})
	if !has {
		r.Set(path, append([]any{arm.Object{"key": arm.Object{"keys": []any{"_id"}}}}, r.List(path)...))
	}
}
