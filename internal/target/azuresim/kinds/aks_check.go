package kinds

import (
	"net/netip"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// aksCheck refuses a cluster that Azure would: versions that are not on offer, what it names and is not there.
func aksCheck(c *arm.Context, r, old *arm.Resource) error {
	if patchOf(r.Str("properties.kubernetesVersion")) == "" {
		return arm.BadRequest("K8sVersionNotSupported", "Managed cluster %s is on version %s which is not supported in this region.", r.Name(), r.Str("properties.kubernetesVersion"))
	}
	if old == nil {
		if err := aksNew(c, r); err != nil {
			return err
		}
	}
	for _, check := range []func(*arm.Context, *arm.Resource) error{aksReferences, aksIdentities, aksPrivate, aksRanges} {
		if err := check(c, r); err != nil {
			return err
		}
	}
	return nil
}

func aksNew(c *arm.Context, r *arm.Resource) error {
	if nodeGroup := c.Get(nodeGroupID(r).String()); nodeGroup != nil {
		return arm.Conflict("NodeResourceGroupAlreadyExists", "The node resource group %s exists already: a cluster's must be new.", nodeGroup.Name())
	}
	pools := r.List("properties.agentPoolProfiles")
	if len(pools) == 0 {
		return arm.BadRequest("InvalidParameter", "Managed cluster %s needs an agent pool.", r.Name())
	}
	for _, v := range pools {
		pool, _ := v.(arm.Object)
		if text(pool, "mode") == "System" {
			return nil
		}
	}
	return arm.BadRequest("InvalidParameter", "Managed cluster %s needs an agent pool of mode System.", r.Name())
}

// aksReferences looks for what the cluster names.
func aksReferences(c *arm.Context, r *arm.Resource) error {
	paths := []string{
		"diskEncryptionSetID", "apiServerAccessProfile.subnetId", "addonProfiles.omsagent.config.logAnalyticsWorkspaceResourceID",
		"addonProfiles.omsAgent.config.logAnalyticsWorkspaceResourceID", "securityProfile.defender.logAnalyticsWorkspaceResourceId", "securityProfile.azureKeyVaultKms.keyVaultResourceId",
	}
	for _, path := range paths {
		if err := exists(c, r, r.Str("properties."+path)); err != nil {
			return err
		}
	}
	for _, v := range r.List("properties.agentPoolProfiles") {
		pool, _ := v.(arm.Object)
		if err := exists(c, r, text(pool, "vnetSubnetID")); err != nil {
			return err
		}
	}
	return nil
}

func aksIdentities(c *arm.Context, r *arm.Resource) error {
	kubelet := r.Str("properties.identityProfile.kubeletidentity.resourceId")
	if kubelet == "" || strings.HasPrefix(strings.ToLower(kubelet), strings.ToLower(nodeGroupID(r).String())+"/") {
		return nil
	}
	if !strings.Contains(strings.ToLower(r.Str("identity.type")), "userassigned") {
		return arm.BadRequest("CustomKubeletIdentityOnlySupportedOnUserAssignedMSICluster", "A kubelet identity of one's own needs a cluster with a user-assigned identity.")
	}
	found := c.Get(kubelet)
	if found == nil {
		return arm.BadRequest("KubeletIdentityNotFound", "The kubelet identity '%s' was not found.", kubelet)
	}
	if client := r.Str("properties.identityProfile.kubeletidentity.clientId"); client != "" && client != found.Str("properties.clientId") {
		return arm.BadRequest("KubeletIdentityMismatch", "The client id '%s' is not that of the kubelet identity '%s'.", client, kubelet)
	}
	return nil
}

func aksPrivate(c *arm.Context, r *arm.Resource) error {
	zone := r.Str("properties.apiServerAccessProfile.privateDNSZone")
	if zone == "" || strings.EqualFold(zone, "system") || strings.EqualFold(zone, "none") {
		return nil
	}
	if err := exists(c, r, zone); err != nil {
		return err
	}
	name := strings.ToLower(zone[strings.LastIndex(zone, "/")+1:])
	want := "privatelink." + r.Location() + ".azmk8s.io"
	if name != want && !strings.HasSuffix(name, "."+want) && name != "private."+r.Location()+".azmk8s.io" {
		return arm.BadRequest("CustomPrivateDNSZoneNameInvalid", "The private DNS zone of a cluster in %s must be %s, not %s.", r.Location(), want, name)
	}
	if !strings.Contains(strings.ToLower(r.Str("identity.type")), "userassigned") {
		return arm.BadRequest("CustomPrivateDNSZoneMissingIdentity", "A private DNS zone of one's own needs a user-assigned identity.")
	}
	return nil
}

// aksRanges refuses services that overlap with pods or with the nodes' subnet.
func aksRanges(c *arm.Context, r *arm.Resource) error {
	services, err := netip.ParsePrefix(r.Str("properties.networkProfile.serviceCidr"))
	if err != nil {
		return arm.BadRequest("ServiceCidrInvalid", "'%s' is no range of addresses.", r.Str("properties.networkProfile.serviceCidr"))
	}
	if dns, err := netip.ParseAddr(r.Str("properties.networkProfile.dnsServiceIP")); err != nil || !services.Contains(dns) {
		return arm.BadRequest("DnsServiceIpOutOfServiceCidr", "The DNS service's address %s is not in %s.", r.Str("properties.networkProfile.dnsServiceIP"), services)
	}
	others := []string{r.Str("properties.networkProfile.podCidr")}
	for _, v := range r.List("properties.agentPoolProfiles") {
		pool, _ := v.(arm.Object)
		if subnet := c.Get(text(pool, "vnetSubnetID")); text(pool, "vnetSubnetID") != "" && subnet != nil {
			others = append(others, subnet.Str("properties.addressPrefix"))
		}
	}
	for _, other := range others {
		if p, err := netip.ParsePrefix(other); err == nil && p.Overlaps(services) {
			return arm.BadRequest("ServiceCidrOverlapExistingSubnetsCidr", "The range of services %s overlaps with %s.", services, p)
		}
	}
	return nil
}
