package vault

import (
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// typeEndpoint are private endpoints: what a vault without public access is reached through.
const typeEndpoint = "Microsoft.Network/privateEndpoints"

// reaches refuses calls to a vault that has neither public access nor a private endpoint. Where in the network
// a caller is nobody can say here; with an endpoint it counts as inside.
func (one *call) reaches() error {
	if strings.EqualFold(one.vault.Str("properties.publicNetworkAccess"), "Disabled") && len(one.Users(one.vault.ID.String(), typeEndpoint)) == 0 {
		return forbidden("ForbiddenByConnection", "Public network access is disabled and request is not from a trusted service nor via an approved private link.\r\nVault: %s;location=%s", one.vault.Name(), one.vault.Location())
	}
	return nil
}

// allowed checks the caller's right to what a route does.
func (one *call) allowed(to route) error {
	if one.Caller().Owner {
		return nil
	}
	if !one.vault.Bool("properties.enableRbacAuthorization") {
		return one.allowedByPolicy(to)
	}
	scope := one.vault.ID.String()
	if one.name != "" {
		scope += "/" + one.kind + "/" + one.name
	}
	action := Type + "/" + to.action
	if one.Allowed(one.Caller().ObjectID, action, true, scope) {
		return nil
	}
	return forbidden("ForbiddenByRbac", "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: appid=%s;oid=%s\r\nAction: '%s'\r\nResource: '%s'\r\nAssignment: (not found)\r\nVault: %s;location=%s",
		one.Caller().AppID, one.Caller().ObjectID, action, strings.ToLower(scope), one.vault.Name(), one.vault.Location())
}

// allowedByPolicy is the older model: lists of permissions by object id.
func (one *call) allowedByPolicy(to route) error {
	for _, p := range one.vault.List("properties.accessPolicies") {
		policy, _ := p.(arm.Object)
		if id, _ := policy["objectId"].(string); !strings.EqualFold(id, one.Caller().ObjectID) {
			continue
		}
		granted, _ := arm.Lookup(policy, "permissions."+one.kind)
		list, _ := granted.([]any)
		if slices.ContainsFunc(list, func(v any) bool {
			s, _ := v.(string)
			return strings.EqualFold(s, to.permission) || strings.EqualFold(s, "all")
		}) {
			return nil
		}
	}
	return forbidden("ForbiddenByPolicy", "The user, group or application 'appid=%s;oid=%s' does not have %s %s permission on key vault '%s;location=%s'.",
		one.Caller().AppID, one.Caller().ObjectID, one.kind, to.permission, one.vault.Name(), one.vault.Location())
}
