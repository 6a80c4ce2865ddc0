package kinds

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// apimProductKinds are products, what they consist of, and subscriptions.
func apimProductKinds() []arm.Kind {
	keys := []string{"properties.primaryKey", "properties.secondaryKey"}
	return []arm.Kind{
		apimChild(arm.Kind{
			Type: apimType + "/products", Name: arm.NameRule{Max: 256}, Required: []string{"properties.displayName"}, Default: productDefault, Check: productCheck, Saved: productSaved, Deleted: productDeleted,
		}),
		apimChild(arm.Kind{Type: apimType + "/products/apis", Check: productPart("apis"), Compute: productPartCompute("apis")}),
		apimChild(arm.Kind{Type: apimType + "/products/groups", Check: productPart("groups"), Compute: productPartCompute("groups")}),
		apimChild(arm.Kind{
			Type: apimType + "/subscriptions", Name: arm.NameRule{Max: 256}, Required: []string{"properties.scope", "properties.displayName"}, WriteOnly: keys,
			ReadOnly: []string{"properties.createdDate"}, Default: subscriptionDefault, Check: subscriptionCheck, Compute: subscriptionCompute,
			Actions: map[string]arm.Action{
				"listSecrets":            {Run: subscriptionKeys},
				"regeneratePrimaryKey":   {Status: 204, Run: subscriptionNewKey(keys[0])},
				"regenerateSecondaryKey": {Status: 204, Run: subscriptionNewKey(keys[1])},
			},
		}),
	}
}

func productDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.state", "notPublished")
	r.Default("properties.subscriptionRequired", true)
	if r.Bool("properties.subscriptionRequired") {
		r.Default("properties.approvalRequired", false)
	}
}

func productCheck(_ *arm.Context, r, _ *arm.Resource) error {
	if !r.Bool("properties.subscriptionRequired") && (r.Bool("properties.approvalRequired") || r.Num("properties.subscriptionsLimit") > 0) {
		return arm.BadRequest("ValidationError", "A product without subscriptions has neither an approval nor a limit of them: %s.", r.Name())
	}
	return nil
}

// productSaved lets administrators see a new product, as Azure does.
func productSaved(c *arm.Context, r, old *arm.Resource) error {
	if old != nil {
		return nil
	}
	if group := c.Get(r.ID.Parent().Child("groups", "administrators").String()); group != nil {
		c.Make(r.ID, "groups", "administrators", arm.Object{"properties": group.Obj("properties")})
	}
	return nil
}

func productDeleted(c *arm.Context, r *arm.Resource) {
	for _, subscription := range c.Users(r.ID.String(), apimType+"/subscriptions") {
		c.Remove(subscription.ID.String())
		apimChildDeleted(c, subscription)
	}
}

// productPart refuses to put into a product what the service does not have.
func productPart(typ string) func(*arm.Context, *arm.Resource, *arm.Resource) error {
	return func(c *arm.Context, r, _ *arm.Resource) error {
		if productPartOf(c, r, typ) == nil {
			return arm.NotFound("ResourceNotFound", "There is no %s in %s.", r.Name(), r.ID.Parent().Parent())
		}
		return nil
	}
}

func productPartOf(c *arm.Context, r *arm.Resource, typ string) *arm.Resource {
	id := r.ID.Parent().Parent().Child(typ, r.Name())
	if typ == "apis" && !strings.Contains(r.Name(), revisionMark) {
		return apiFind(c, id)
	}
	return c.Get(id.String())
}

func productPartCompute(typ string) func(*arm.Context, *arm.Resource, *arm.Resource) {
	return func(c *arm.Context, r, _ *arm.Resource) {
		r.Set("properties", productPartOf(c, r, typ).Obj("properties"))
	}
}

func subscriptionDefault(c *arm.Context, r *arm.Resource) {
	r.Default("properties.state", "submitted")
	r.Default("properties.allowTracing", false)
	r.Default("properties.createdDate", c.Now().Format("2006-01-02T15:04:05.000Z"))
}

func subscriptionCheck(c *arm.Context, r, _ *arm.Resource) error {
	service := r.ID.Parent().String()
	scope := r.Str("properties.scope")
	if !strings.HasPrefix(strings.ToLower(scope), "/subscriptions/") {
		scope = service + "/" + strings.Trim(scope, "/")
	}
	if strings.HasSuffix(scope, "/apis") || strings.EqualFold(strings.TrimRight(scope, "/"), service) {
		r.Set("properties.scope", scope)
		return nil
	}
	id, err := arm.ParseID(scope)
	if err != nil || c.Get(scope) == nil && apiFind(c, id) == nil {
		return arm.BadRequest("ValidationError", "The scope %s of the subscription %s is neither a product nor an API of the service.", scope, r.Name())
	}
	r.Set("properties.scope", scope)
	return nil
}

func subscriptionCompute(c *arm.Context, r, _ *arm.Resource) {
	for _, key := range []string{"properties.primaryKey", "properties.secondaryKey"} {
		if r.Secret(key) == "" && r.Str(key) == "" {
			r.Hide(key, c.NewHex(16))
		}
	}
	if r.Str("properties.state") == "active" {
		r.Default("properties.startDate", c.Now().Format("2006-01-02T15:04:05.000Z"))
	}
}

func subscriptionKeys(_ *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	return arm.Object{"primaryKey": r.Secret("properties.primaryKey"), "secondaryKey": r.Secret("properties.secondaryKey")}, nil
}

func subscriptionNewKey(key string) func(*arm.Context, *arm.Resource, arm.Object) (any, error) {
	return func(c *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
		r.Hide(key, c.NewHex(16))
		c.Put(r)
		return nil, nil
	}
}
