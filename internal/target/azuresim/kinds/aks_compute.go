package kinds

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const hostSuffixSize = 4

// nodeGroupID is the group that Azure makes for a cluster's nodes.
func nodeGroupID(r *arm.Resource) arm.ID {
	name := r.Str("properties.nodeResourceGroup")
	return arm.ID{Subscription: r.ID.Subscription, Group: name, Scope: "/subscriptions/" + r.ID.Subscription, Types: []string{"resourceGroups"}, Names: []string{name}}
}

// aksCompute sets names, versions and the identities that Azure makes.
func aksCompute(c *arm.Context, r, old *arm.Resource) {
	r.Set("properties.currentKubernetesVersion", patchOf(r.Str("properties.kubernetesVersion")))
	r.Set("properties.powerState.code", "Running")
	if old == nil {
		r.Set("properties.resourceUID", c.NewHex(12))
		aksHosts(c, r)
	}
	if r.Bool("properties.oidcIssuerProfile.enabled") {
		issuer := ""
		if old != nil {
			issuer = old.Str("properties.oidcIssuerProfile.issuerURL")
		}
		if issuer == "" {
			issuer = "https://" + c.Host("oic.prod-aks", r.Location()) + "/" + c.Cloud().TenantID + "/" + c.NewUUID() + "/"
		}
		r.Set("properties.oidcIssuerProfile.issuerURL", issuer)
	}
	if r.Has("properties.aadProfile") {
		r.Default("properties.aadProfile.managed", true)
		if r.Str("properties.aadProfile.tenantID") == "" {
			r.Set("properties.aadProfile.tenantID", c.Cloud().TenantID)
		}
	}
	if r.Str("properties.networkProfile.outboundType") == "loadBalancer" {
		address := nodeGroupID(r).String() + "/providers/Microsoft.Network/publicIPAddresses/" + r.Str("properties.resourceUID")
		r.Set("properties.networkProfile.loadBalancerProfile.effectiveOutboundIPs", []any{arm.Object{"id": address}})
	}
	aksIdentityOf(c, r)
	aksAddons(c, r, old)
}

// aksHosts names the API server: privately, and publicly where it is reached so.
func aksHosts(c *arm.Context, r *arm.Resource) {
	prefix := r.Str("properties.dnsPrefix")
	if prefix == "" {
		prefix = r.Name()
	}
	unique := strings.ToLower(prefix) + "-" + c.NewHex(hostSuffixSize)
	public := c.Host("hcp."+r.Location()+".azmk8s", unique)
	r.Set("properties.azurePortalFQDN", c.Host("portal.hcp."+r.Location()+".azmk8s", unique))
	if !r.Bool("properties.apiServerAccessProfile.enablePrivateCluster") {
		r.Set("properties.fqdn", public)
		return
	}
	if r.Bool("properties.apiServerAccessProfile.enablePrivateClusterPublicFQDN") {
		r.Set("properties.fqdn", public)
	}
	zone := r.Str("properties.apiServerAccessProfile.privateDNSZone")
	if at := strings.LastIndex(zone, "/"); at >= 0 {
		if subdomain := r.Str("properties.fqdnSubdomain"); subdomain != "" {
			unique = strings.ToLower(subdomain)
		}
		r.Set("properties.privateFQDN", unique+"."+strings.ToLower(zone[at+1:]))
		return
	}
	r.Set("properties.privateFQDN", unique+"."+c.NewUUID()+".privatelink."+r.Location()+".azmk8s.io")
}

// aksIdentityOf fills in the kubelet's identity: the caller's, or one in the nodes' group.
func aksIdentityOf(c *arm.Context, r *arm.Resource) {
	r.Set("properties.servicePrincipalProfile.clientId", "msi")
	id := r.Str("properties.identityProfile.kubeletidentity.resourceId")
	if id == "" {
		r.Set("properties.identityProfile.kubeletidentity", aksOwnIdentity(c, r, r.Name()+"-agentpool"))
		return
	}
	if known := c.Get(id); known != nil {
		r.Set("properties.identityProfile.kubeletidentity", identityOf(known))
	}
}

// aksOwnIdentity is an identity that Azure makes in the nodes' group; aksSaved stores it.
func aksOwnIdentity(c *arm.Context, r *arm.Resource, name string) arm.Object {
	id := nodeGroupID(r).String() + "/providers/" + arm.TypeIdentity + "/" + name
	if known := c.Get(id); known != nil {
		return identityOf(known)
	}
	return arm.Object{"resourceId": id, "clientId": c.NewUUID(), "objectId": c.NewUUID()}
}

func identityOf(known *arm.Resource) arm.Object {
	return arm.Object{"resourceId": known.ID.String(), "clientId": known.Str("properties.clientId"), "objectId": known.Str("properties.principalId")}
}

// aksAddons gives each add-on that is on its identity.
func aksAddons(c *arm.Context, r, old *arm.Resource) {
	for name, v := range r.Obj("properties.addonProfiles") {
		addon, _ := v.(arm.Object)
		path := "properties.addonProfiles." + name + ".identity"
		if addon == nil || addon["enabled"] != true {
			r.Unset(path)
			continue
		}
		if old != nil && old.Has(path) {
			r.Set(path, old.Obj(path))
			continue
		}
		r.Set(path, aksOwnIdentity(c, r, strings.ToLower(name)+"-"+r.Name()))
	}
}

// aksSaved makes the nodes' group with its identities, and the pools that came with the cluster.
func aksSaved(c *arm.Context, r, old *arm.Resource) error {
	group := nodeGroupID(r)
	if old == nil {
		c.Put(&arm.Resource{ID: group, Body: arm.Object{"location": r.Location(), "managedBy": r.ID.String(), "tags": r.Get("tags"), "properties": arm.Object{"provisioningState": "Succeeded"}}})
	}
	if err := aksStoreIdentity(c, r, r.Obj("properties.identityProfile.kubeletidentity")); err != nil {
		return err
	}
	for name := range r.Obj("properties.addonProfiles") {
		if err := aksStoreIdentity(c, r, r.Obj("properties.addonProfiles."+name+".identity")); err != nil {
			return err
		}
	}
	return aksStorePools(c, r)
}

// aksStorePools stores the pools that came in a cluster's body, which keeps their
// names alone: what they are is theirs, and changes without the cluster.
func aksStorePools(c *arm.Context, r *arm.Resource) error {
	names := []any{}
	for _, v := range r.List("properties.agentPoolProfiles") {
		profile, _ := v.(arm.Object)
		if err := aksStorePool(c, r, profile); err != nil {
			return err
		}
		names = append(names, arm.Object{"name": text(profile, "name")})
	}
	r.Set("properties.agentPoolProfiles", names)
	c.Put(r)
	return nil
}

// aksStoreIdentity stores an identity that Azure made and that is not stored yet.
func aksStoreIdentity(c *arm.Context, r *arm.Resource, own arm.Object) error {
	address := text(own, "resourceId")
	if address == "" || c.Get(address) != nil || !strings.HasPrefix(address, nodeGroupID(r).String()+"/") {
		return nil
	}
	id, err := arm.ParseID(address)
	if err != nil {
		return err
	}
	c.Put(&arm.Resource{ID: id, Body: arm.Object{
		"location":   r.Location(),
		"properties": arm.Object{"clientId": own["clientId"], "principalId": own["objectId"], "tenantId": c.Cloud().TenantID, "isolationScope": "None"},
	}})
	return nil
}

// aksDeleted takes the nodes' group along.
func aksDeleted(c *arm.Context, r *arm.Resource) { c.Remove(nodeGroupID(r).String()) }
