package kinds

import (
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const wafPolicyType = "Microsoft.Network/applicationGatewayWebApplicationFirewallPolicies"

// gatewayKinds are application gateways and their firewall policies, in Microsoft.Network.
func gatewayKinds() []arm.Kind {
	return []arm.Kind{
		{
			Type: gatewayType, Located: true, Name: networkName(80), Async: networkAsync(), Status: arm.Status{Create: 201},
			Required:  []string{"properties.gatewayIPConfigurations", "properties.frontendIPConfigurations", "properties.frontendPorts"},
			Immutable: []string{"zones"},
			ReadOnly:  []string{"properties.resourceGuid", "properties.operationalState", "properties.privateEndpointConnections"},
			Default:   gatewayDefault, Check: gatewayCheck, Compute: gatewayCompute,
			Actions: map[string]arm.Action{
				"start": {Async: arm.ByLocation, Run: gatewayState("Running")}, "stop": {Async: arm.ByLocation, Run: gatewayState("Stopped")},
			},
		},
		{
			Type: wafPolicyType, Located: true, Name: arm.NameRule{Max: 128}, Status: arm.Status{Create: 201}, Async: arm.Async{Delete: arm.ByLocation},
			Required: []string{"properties.managedRules"},
			ReadOnly: []string{"properties.resourceState", "properties.applicationGateways", "properties.httpListeners", "properties.pathBasedRules"},
			Default:  wafDefault, Check: wafCheck, Show: wafShow,
			Compute: func(_ *arm.Context, r, _ *arm.Resource) { r.Set("properties.resourceState", "Enabled") },
			Deletable: func(c *arm.Context, r *arm.Resource) error {
				return unused(c, r, "ApplicationGatewayFirewallPolicyInUse", gatewayType)
			},
		},
	}
}

// gatewayParts are the lists of a gateway whose items have ids of their own.
func gatewayParts() []string {
	return []string{
		"authenticationCertificates", "backendAddressPools", "backendHttpSettingsCollection", "backendSettingsCollection", "frontendIPConfigurations", "frontendPorts",
		"gatewayIPConfigurations", "httpListeners", "listeners", "loadDistributionPolicies", "privateLinkConfigurations", "probes", "redirectConfigurations", "requestRoutingRules",
		"rewriteRuleSets", "routingRules", "sslCertificates", "sslProfiles", "trustedClientCertificates", "trustedRootCertificates", "urlPathMaps",
	}
}

func gatewayDefault(c *arm.Context, r *arm.Resource) {
	r.Default("properties.enableHttp2", false)
	for _, item := range r.List("properties.frontendIPConfigurations") {
		o, _ := item.(arm.Object)
		id, _ := arm.Lookup(o, "properties.subnet.id")
		s, _ := id.(string)
		if address, _ := arm.Lookup(o, "properties.privateIPAddress"); address == nil && s != "" {
			if subnet := c.Get(s); subnet != nil {
				arm.Assign(o, "properties.privateIPAddress", freeAddress(c, subnet))
			}
		}
		if method, _ := arm.Lookup(o, "properties.privateIPAllocationMethod"); method == nil {
			arm.Assign(o, "properties.privateIPAllocationMethod", "Dynamic")
		}
	}
}

func gatewayCheck(c *arm.Context, r, old *arm.Resource) error {
	if !slices.Contains([]string{"Basic", "Standard_v2", "WAF_v2"}, r.Str("properties.sku.tier")) {
		return arm.BadRequest("ApplicationGatewayV1SkuRetired", "The SKU tier '%s' of application gateway %s is retired or unknown.", r.Str("properties.sku.tier"), r.Name())
	}
	if err := gatewayNames(r); err != nil {
		return err
	}
	if err := gatewayReferences(c, r); err != nil {
		return err
	}
	if err := gatewaySubnet(c, r, old); err != nil {
		return err
	}
	return gatewayRules(r)
}

// gatewayNames refuses two items of one list with one name.
func gatewayNames(r *arm.Resource) error {
	for _, part := range gatewayParts() {
		seen := map[string]bool{}
		for _, item := range r.List("properties." + part) {
			o, _ := item.(arm.Object)
			name := strings.ToLower(text(o, "name"))
			if name == "" || seen[name] {
				return arm.BadRequest("DuplicateResourceName", "Items of %s of %s need names that differ: '%s'.", part, r.ID, name)
			}
			seen[name] = true
		}
	}
	return nil
}

// gatewayIDs are the ids of a gateway's items, lower-case.
func gatewayIDs(r *arm.Resource) map[string]bool {
	out := map[string]bool{}
	for _, part := range gatewayParts() {
		for _, item := range r.List("properties." + part) {
			o, _ := item.(arm.Object)
			out[strings.ToLower(r.ID.String()+"/"+part+"/"+text(o, "name"))] = true
		}
	}
	return out
}

// gatewayReferences refuses an id that leads to nothing, inside or outside of the gateway.
func gatewayReferences(c *arm.Context, r *arm.Resource) error {
	own := gatewayIDs(r)
	var check func(v any) error
	check = func(v any) error {
		switch v := v.(type) {
		case []any:
			for _, inner := range v {
				if err := check(inner); err != nil {
					return err
				}
			}
		case arm.Object:
			if id, is := v["id"].(string); is && v["name"] == nil && strings.HasPrefix(id, "/") {
				if !own[strings.ToLower(id)] && c.Get(id) == nil {
					return exists(c, r, id)
				}
			}
			for _, inner := range v {
				if err := check(inner); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return check(r.Get("properties"))
}

// gatewaySubnet holds the gateway to a subnet of its own, and private addresses to that subnet.
func gatewaySubnet(c *arm.Context, r, old *arm.Resource) error {
	for _, item := range r.List("properties.gatewayIPConfigurations") {
		o, _ := item.(arm.Object)
		id, _ := arm.Lookup(o, "properties.subnet.id")
		s, _ := id.(string)
		for _, user := range c.Users(s, subnetUsers()...) {
			if user.ID.Key() != r.ID.Key() && user.ID.Type() != gatewayType {
				return arm.BadRequest("ApplicationGatewaySubnetCannotBeUsedByOtherResources", "Subnet %s cannot be used for application gateway %s since it has %s.", s, r.Name(), user.ID)
			}
		}
	}
	for _, item := range r.List("properties.frontendIPConfigurations") {
		o, _ := item.(arm.Object)
		id, _ := arm.Lookup(o, "properties.subnet.id")
		address, _ := arm.Lookup(o, "properties.privateIPAddress")
		subnet, _ := id.(string)
		ip, _ := address.(string)
		if subnet == "" || old != nil {
			continue
		}
		if err := checkAddress(c, r, c.Get(subnet), ip); err != nil {
			return err
		}
	}
	return nil
}

// gatewayRules holds certificates to an identity, HTTPS listeners to a certificate, and rules to priorities of their own.
func gatewayRules(r *arm.Resource) error {
	for _, item := range r.List("properties.sslCertificates") {
		o, _ := item.(arm.Object)
		if secret, _ := arm.Lookup(o, "properties.keyVaultSecretId"); secret != nil && len(r.Obj("identity.userAssignedIdentities")) == 0 {
			return arm.BadRequest("ApplicationGatewayKeyVaultSecretIdentityMissing", "Application gateway %s needs a user-assigned identity for the certificate %v.", r.Name(), secret)
		}
	}
	for _, item := range r.List("properties.httpListeners") {
		o, _ := item.(arm.Object)
		protocol, _ := arm.Lookup(o, "properties.protocol")
		if certificate, _ := arm.Lookup(o, "properties.sslCertificate.id"); protocol == "Https" && certificate == nil {
			return arm.BadRequest("ApplicationGatewayHttpsListenerMustReferenceSslCert", "Https listener %s must reference an SSL certificate.", text(o, "name"))
		}
	}
	seen := map[any]string{}
	for _, item := range r.List("properties.requestRoutingRules") {
		o, _ := item.(arm.Object)
		priority, _ := arm.Lookup(o, "properties.priority")
		if priority == nil {
			return arm.BadRequest("ApplicationGatewayRequestRoutingRulePriorityCannotBeEmpty", "The routing rule %s needs a priority.", text(o, "name"))
		}
		if other := seen[priority]; other != "" {
			return arm.BadRequest("ApplicationGatewayRequestRoutingRulePriorityConflict", "The routing rules %s and %s have one priority.", other, text(o, "name"))
		}
		seen[priority] = text(o, "name")
	}
	return nil
}

func gatewayCompute(c *arm.Context, r, old *arm.Resource) {
	withGUID(c, r, old)
	if old == nil {
		r.Set("properties.operationalState", "Running")
	}
	for _, part := range gatewayParts() {
		for _, item := range r.List("properties." + part) {
			if o, is := item.(arm.Object); is {
				named(o, r.ID.String()+"/"+part, gatewayType+"/"+part)
			}
		}
	}
	for _, item := range r.List("properties.urlPathMaps") {
		o, _ := item.(arm.Object)
		rules, _ := arm.Lookup(o, "properties.pathRules")
		for _, rule := range asList(rules) {
			if inner, is := rule.(arm.Object); is {
				named(inner, text(o, "id")+"/pathRules", gatewayType+"/urlPathMaps/pathRules")
			}
		}
	}
}

// named gives an item of a list its id, type and state.
func named(o arm.Object, under, typ string) {
	o["id"], o["type"] = under+"/"+text(o, "name"), typ
	arm.Assign(o, "properties.provisioningState", "Succeeded")
}

func gatewayState(state string) func(*arm.Context, *arm.Resource, arm.Object) (any, error) {
	return func(c *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
		r.Set("properties.operationalState", state)
		c.Put(r)
		return nil, nil
	}
}

func wafDefault(_ *arm.Context, r *arm.Resource) {
	const settings = "properties.policySettings."
	r.Default(settings+"state", "Enabled")
	r.Default(settings+"mode", "Prevention")
	r.Default(settings+"requestBodyCheck", true)
	r.Default(settings+"maxRequestBodySizeInKb", 128)
	r.Default(settings+"fileUploadLimitInMb", 100)
	r.Default("properties.customRules", []any{})
}

func wafCheck(_ *arm.Context, r, _ *arm.Resource) error {
	main := 0
	for _, item := range r.List("properties.managedRules.managedRuleSets") {
		o, _ := item.(arm.Object)
		if set := text(o, "ruleSetType"); set == "OWASP" || set == "Microsoft_DefaultRuleSet" {
			main++
		}
	}
	if main != 1 {
		return arm.BadRequest("ApplicationGatewayFirewallPolicyInvalidRuleSets", "Firewall policy %s needs exactly one of the rule sets OWASP and Microsoft_DefaultRuleSet.", r.Name())
	}
	seen := map[any]bool{}
	for _, item := range r.List("properties.customRules") {
		o, _ := item.(arm.Object)
		if seen[o["priority"]] {
			return arm.BadRequest("ApplicationGatewayFirewallCustomRulePriorityConflict", "Custom rules of %s need priorities that differ: %v.", r.Name(), o["priority"])
		}
		seen[o["priority"]] = true
	}
	return nil
}

// wafShow lists where a policy is in force: gateways, listeners and path rules.
func wafShow(c *arm.Context, r *arm.Resource) {
	showUsers(c, r, "properties.applicationGateways", gatewayType)
	listeners, paths := []any{}, []any{}
	uses := func(o arm.Object) bool {
		id, _ := arm.Lookup(o, "properties.firewallPolicy.id")
		s, _ := id.(string)
		return strings.EqualFold(s, r.ID.String())
	}
	for _, gateway := range c.Users(r.ID.String(), gatewayType) {
		for _, item := range gateway.List("properties.httpListeners") {
			if o, is := item.(arm.Object); is && uses(o) {
				listeners = append(listeners, arm.Object{"id": o["id"]})
			}
		}
		for _, item := range gateway.List("properties.urlPathMaps") {
			o, _ := item.(arm.Object)
			rules, _ := arm.Lookup(o, "properties.pathRules")
			for _, rule := range asList(rules) {
				if inner, is := rule.(arm.Object); is && uses(inner) {
					paths = append(paths, arm.Object{"id": inner["id"]})
				}
			}
		}
	}
	r.Set("properties.httpListeners", listeners)
	r.Set("properties.pathBasedRules", paths)
}
