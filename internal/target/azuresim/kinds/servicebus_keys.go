package kinds

import (
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// The parts that Service Bus and Event Hubs namespaces have in common: shared
// keys, network rules, an endpoint under one domain.

const (
	busRootRule = "RootManageSharedAccessKey"
	busForever  = "P10675199DT2H48M5.4775807S"
	busKeyBytes = 32
	busStamp    = time.RFC3339Nano
)

// text returns a string member of a document, "" when there is none.
func text(o arm.Object, name string) string {
	s, _ := o[name].(string)
	return s
}

// keepFixed makes a PUT that leaves out what cannot change mean what it was.
func keepFixed(all []arm.Kind) []arm.Kind {
	for i := range all {
		all[i].Keep = append(all[i].Keep, all[i].Immutable...)
	}
	return all
}

// busKeyKind is an authorization rule under a namespace, queue, topic or event hub.
func busKeyKind(parent string) arm.Kind {
	return arm.Kind{
		Type: parent + "/authorizationRules", NoProvisioningState: true, Name: arm.NameRule{Pattern: `^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$`, Max: 60},
		Check: busKeyCheck, Compute: busKeyCompute, Deletable: busKeyDeletable,
		Actions: map[string]arm.Action{"listKeys": {Run: busListKeys}, "regenerateKeys": {Run: busNewKey}},
	}
}

func busKeyCheck(_ *arm.Context, r, _ *arm.Resource) error {
	rights := r.List("properties.rights")
	if len(rights) == 0 {
		return arm.BadRequest("InvalidRights", "An authorization rule has at least one right.")
	}
	if slices.Contains(rights, any("Manage")) && (!slices.Contains(rights, any("Send")) || !slices.Contains(rights, any("Listen"))) {
		return arm.BadRequest("InvalidRights", "The right Manage comes with Send and Listen.")
	}
	return nil
}

func busKeyCompute(c *arm.Context, r, old *arm.Resource) {
	if old == nil {
		r.Hide("primaryKey", c.NewKey(busKeyBytes))
		r.Hide("secondaryKey", c.NewKey(busKeyBytes))
	}
}

func busKeyDeletable(_ *arm.Context, r *arm.Resource) error {
	if r.Name() == busRootRule {
		return arm.BadRequest("InvalidOperation", "The rule %s stays with its namespace.", busRootRule)
	}
	return nil
}

func busListKeys(c *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	parts := r.ID.Names
	connection := func(key string) string {
		s := "Endpoint=sb://" + c.Host("servicebus", parts[0]) + "/;SharedAccessKeyName=" + r.Name() + ";SharedAccessKey=" + r.Secret(key)
		if len(parts) > 2 {
			s += ";EntityPath=" + parts[1]
		}
		return s
	}
	return arm.Object{
		"keyName": r.Name(), "primaryKey": r.Secret("primaryKey"), "secondaryKey": r.Secret("secondaryKey"),
		"primaryConnectionString": connection("primaryKey"), "secondaryConnectionString": connection("secondaryKey"),
	}, nil
}

func busNewKey(c *arm.Context, r *arm.Resource, in arm.Object) (any, error) {
	which := map[string]string{"PrimaryKey": "primaryKey", "SecondaryKey": "secondaryKey"}[text(in, "keyType")]
	if which == "" {
		return nil, arm.BadRequest("InvalidRequestContent", "keyType must be PrimaryKey or SecondaryKey.")
	}
	key := text(in, "key")
	if key == "" {
		key = c.NewKey(busKeyBytes)
	}
	r.Hide(which, key)
	c.Put(r)
	return busListKeys(c, r, nil)
}

// busRulesKind is the one set of network rules of a namespace. What it says of public access, the
// namespace says too.
func busRulesKind(namespace string) arm.Kind {
	return arm.Kind{
		Type: namespace + "/networkRuleSets", NoProvisioningState: true, Name: arm.NameRule{Pattern: `^default$`},
		Default: busRulesDefault, Check: busRulesCheck, Saved: busRulesSaved,
		Deletable: func(*arm.Context, *arm.Resource) error {
			return arm.Errorf(405, "MethodNotAllowed", "The network rules of a namespace stay with it.")
		},
	}
}

func busRulesDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.defaultAction", "Allow")
	r.Default("properties.publicNetworkAccess", "Enabled")
	r.Default("properties.trustedServiceAccessEnabled", false)
	r.Default("properties.virtualNetworkRules", []any{})
	r.Default("properties.ipRules", []any{})
}

func busRulesCheck(c *arm.Context, r, _ *arm.Resource) error {
	for _, one := range r.List("properties.virtualNetworkRules") {
		rule, _ := one.(arm.Object)
		id, _ := arm.Lookup(rule, "subnet.id")
		if subnet, _ := id.(string); c.Get(subnet) == nil {
			return arm.NotFound("SubnetNotFound", "The subnet '%s' was not found.", subnet)
		}
	}
	return nil
}

func busRulesSaved(c *arm.Context, r, _ *arm.Resource) error {
	namespace := c.Get(r.ID.Parent().Key())
	if namespace != nil && namespace.Str("properties.publicNetworkAccess") != r.Str("properties.publicNetworkAccess") {
		namespace.Set("properties.publicNetworkAccess", r.Str("properties.publicNetworkAccess"))
		c.Put(namespace)
	}
	return nil
}

// busNamespaceCompute sets what both kinds of namespace have.
func busNamespaceCompute(c *arm.Context, r, old *arm.Resource) {
	r.Set("properties.serviceBusEndpoint", "https://"+c.Host("servicebus", r.Name())+":443/")
	r.Set("properties.metricId", r.ID.Subscription+":"+strings.ToLower(r.Name()))
	r.Set("properties.status", "Active")
	r.Set("properties.updatedAt", c.Now().Format(busStamp))
	if old == nil {
		r.Set("properties.createdAt", c.Now().Format(busStamp))
	}
	if r.Str("identity.type") == "None" {
		r.Unset("identity")
	}
}

// busNamespaceSaved gives a new namespace its root key and network rules, and keeps the rules in step.
func busNamespaceSaved(c *arm.Context, r, old *arm.Resource) error {
	public := r.Str("properties.publicNetworkAccess")
	if old == nil {
		root := &arm.Resource{ID: r.ID.Child("authorizationRules", busRootRule), Body: arm.Object{"properties": arm.Object{"rights": []any{"Listen", "Manage", "Send"}}}}
		busKeyCompute(c, root, nil)
		c.Put(root)
		rules := &arm.Resource{ID: r.ID.Child("networkRuleSets", "default"), Body: arm.Object{}}
		rules.Set("properties.publicNetworkAccess", public)
		busRulesDefault(c, rules)
		c.Put(rules)
		return nil
	}
	rules := c.Get(r.ID.Child("networkRuleSets", "default").Key())
	if rules != nil && rules.Str("properties.publicNetworkAccess") != public {
		rules.Set("properties.publicNetworkAccess", public)
		c.Put(rules)
	}
	return nil
}

// busNameTaken refuses a name that a namespace of the other service has: they share one domain.
func busNameTaken(c *arm.Context, r *arm.Resource, other string) error {
	for _, one := range c.Under("", other) {
		if strings.EqualFold(one.Name(), r.Name()) {
			return arm.Conflict("NamespaceUnavailable", "The name '%s' is already taken by a namespace of %s.", r.Name(), other)
		}
	}
	return nil
}
