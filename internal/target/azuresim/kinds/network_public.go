package kinds

import (
	"net/netip"
	"slices"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	gatewayType = "Microsoft.Network/applicationGateways"

	idleMinutes        = 4
	defaultPrefixBits  = 28
	firstPrefix        = "198.18.0.0/15"
	natStandard, natV2 = "Standard", "StandardV2"
)

// publicRanges are the ranges that documentation may use (RFC 5737): no address that is given out here is anybody's.
func publicRanges() []string { return []string{"203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24"} }

// natKinds are public addresses, ranges of them, and NAT gateways.
func natKinds() []arm.Kind {
	return []arm.Kind{
		{
			Type: publicIPType, Located: true, Name: networkName(80), Async: networkAsync(), Status: arm.Status{Create: 201},
			ReadOnly:  []string{"properties.resourceGuid", "properties.ipAddress", "properties.ipConfiguration", "properties.natGateway"},
			Immutable: []string{"sku.name", "zones", "properties.publicIPAddressVersion", "properties.publicIPPrefix.id"},
			Default:   publicIPDefault, Check: publicIPCheck, Compute: publicIPCompute, Show: publicIPShow,
			Deletable: func(c *arm.Context, r *arm.Resource) error {
				return unused(c, r, "PublicIPAddressCannotBeDeleted", natType, gatewayType, nicType, "Microsoft.ApiManagement/service")
			},
		},
		{
			Type: ipPrefixType, Located: true, Name: networkName(80), Async: networkAsync(), Status: arm.Status{Create: 201},
			ReadOnly:  []string{"properties.resourceGuid", "properties.ipPrefix", "properties.publicIPAddresses"},
			Immutable: []string{"sku.name", "zones", "properties.prefixLength", "properties.publicIPAddressVersion"},
			Default:   ipPrefixDefault, Check: ipPrefixCheck, Compute: ipPrefixCompute,
			Show: func(c *arm.Context, r *arm.Resource) { showUsers(c, r, "properties.publicIPAddresses", publicIPType) },
			Deletable: func(c *arm.Context, r *arm.Resource) error {
				return unused(c, r, "PublicIPPrefixInUse", natType, publicIPType)
			},
		},
		{
			Type: natType, Located: true, Name: networkName(80), Async: networkAsync(), Status: arm.Status{Create: 201},
			ReadOnly: []string{"properties.resourceGuid", "properties.subnets"}, Immutable: []string{"sku.name", "zones"},
			Default: natDefault, Check: natCheck, Compute: withGUID,
			Show: func(c *arm.Context, r *arm.Resource) { showUsers(c, r, "properties.subnets", subnetType) },
			Deletable: func(c *arm.Context, r *arm.Resource) error {
				return unused(c, r, "InUseNatGatewayCannotBeDeleted", subnetType)
			},
		},
	}
}

func publicIPDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("sku.name", natStandard)
	r.Default("sku.tier", "Regional")
	r.Default("properties.publicIPAddressVersion", "IPv4")
	r.Default("properties.publicIPAllocationMethod", "Static")
	r.Default("properties.idleTimeoutInMinutes", idleMinutes)
	r.Default("properties.ddosSettings.protectionMode", "VirtualNetworkInherited")
	r.Default("properties.ipTags", []any{})
}

func publicIPCheck(c *arm.Context, r, old *arm.Resource) error {
	switch size := r.Str("sku.name"); {
	case size == "Basic":
		return arm.BadRequest("BasicSkuPublicIpCreationDeprecated", "Basic public IP addresses were retired; take the SKU Standard for %s.", r.Name())
	case size != natStandard && size != natV2:
		return arm.BadRequest("InvalidSku", "The SKU '%s' is none of public IP addresses.", size)
	case r.Str("properties.publicIPAllocationMethod") != "Static":
		return arm.BadRequest("StandardSkuPublicIPAddressMustBeStatic", "Public IP address %s of the SKU %s must have the allocation method Static.", r.Name(), size)
	}
	if err := exists(c, r, r.Str("properties.publicIPPrefix.id")); err != nil {
		return err
	}
	if label := r.Str("properties.dnsSettings.domainNameLabel"); label != "" {
		for _, other := range c.Under("", publicIPType) {
			if other.ID.Key() != r.ID.Key() && other.Location() == r.Location() && other.Str("properties.dnsSettings.domainNameLabel") == label {
				return arm.BadRequest("DnsRecordInUse", "DNS record %s.%s.cloudapp is already used by another public IP.", label, r.Location())
			}
		}
	}
	if old == nil && publicAddress(c, r) == "" {
		return arm.BadRequest("PublicIPCountLimitReached", "Cannot create more public IP addresses for this subscription in this region.")
	}
	return nil
}

func publicIPCompute(c *arm.Context, r, old *arm.Resource) {
	withGUID(c, r, old)
	if old == nil {
		r.Set("properties.ipAddress", publicAddress(c, r))
	}
	if label := r.Str("properties.dnsSettings.domainNameLabel"); label != "" {
		r.Set("properties.dnsSettings.fqdn", c.Host(r.Location()+".cloudapp", label))
	}
}

// publicAddress is the first free address of the prefix that r asks for, or of all.
func publicAddress(c *arm.Context, r *arm.Resource) string {
	taken := map[string]bool{}
	for _, other := range c.Under("", publicIPType) {
		taken[other.Str("properties.ipAddress")] = true
	}
	ranges, first := publicRanges(), false
	if prefix := c.Get(r.Str("properties.publicIPPrefix.id")); prefix != nil {
		ranges, first = []string{prefix.Str("properties.ipPrefix")}, true
	}
	if r.Str("properties.publicIPAddressVersion") == "IPv6" {
		ranges = []string{"2001:db8::/112"}
	}
	for _, text := range ranges {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			continue
		}
		for a := p.Addr(); p.Contains(a); a = a.Next() {
			if (first || a != p.Addr()) && !taken[a.String()] {
				return a.String()
			}
		}
	}
	return ""
}

func publicIPShow(c *arm.Context, r *arm.Resource) {
	for _, user := range c.Users(r.ID.String(), natType, gatewayType) {
		if user.ID.Type() == natType {
			r.Set("properties.natGateway.id", user.ID.String())
			continue
		}
		for _, item := range user.List("properties.frontendIPConfigurations") {
			o, _ := item.(arm.Object)
			if id, _ := arm.Lookup(o, "properties.publicIPAddress.id"); id != nil {
				r.Set("properties.ipConfiguration.id", user.ID.String()+"/frontendIPConfigurations/"+text(o, "name"))
			}
		}
	}
}

func ipPrefixDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("sku.name", natStandard)
	r.Default("sku.tier", "Regional")
	r.Default("properties.publicIPAddressVersion", "IPv4")
	r.Default("properties.prefixLength", defaultPrefixBits)
	r.Default("properties.ipTags", []any{})
}

func ipPrefixCheck(c *arm.Context, r, old *arm.Resource) error {
	bits := int(r.Num("properties.prefixLength"))
	if r.Str("properties.publicIPAddressVersion") == "IPv4" && (bits < 21 || bits > 31) {
		return arm.BadRequest("InvalidPublicIPPrefixLength", "The prefix length of %s must be 21 to 31.", r.Name())
	}
	if old == nil && freePrefix(c, bits) == "" {
		return arm.BadRequest("PublicIPPrefixCountLimitReached", "There is no free range of that size left.")
	}
	return nil
}

func ipPrefixCompute(c *arm.Context, r, old *arm.Resource) {
	withGUID(c, r, old)
	if old == nil {
		r.Set("properties.ipPrefix", freePrefix(c, int(r.Num("properties.prefixLength"))))
	}
}

// freePrefix is the first range of a size that overlaps none given out; they are of the range for benchmarks (RFC 2544).
func freePrefix(c *arm.Context, bits int) string {
	all, _ := netip.ParsePrefix(firstPrefix)
	var taken []netip.Prefix
	for _, other := range c.Under("", ipPrefixType) {
		if p, err := netip.ParsePrefix(other.Str("properties.ipPrefix")); err == nil {
			taken = append(taken, p)
		}
	}
	for a := all.Addr(); all.Contains(a); {
		p := netip.PrefixFrom(a, bits)
		if !slices.ContainsFunc(taken, p.Overlaps) {
			return p.String()
		}
		last := a
		for range 1 << (32 - bits) {
			last = last.Next()
		}
		a = last
	}
	return ""
}

func natDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("sku.name", natStandard)
	r.Default("properties.idleTimeoutInMinutes", idleMinutes)
}

func natCheck(c *arm.Context, r, _ *arm.Resource) error {
	size := r.Str("sku.name")
	if size != natStandard && size != natV2 {
		return arm.BadRequest("InvalidSku", "The SKU '%s' is none of NAT gateways.", size)
	}
	if size == natV2 && len(r.List("zones")) > 0 {
		return arm.BadRequest("NatGatewayV2ZonesNotSupported", "NAT gateway %s of the SKU StandardV2 spans all zones and takes none.", r.Name())
	}
	if len(r.List("zones")) > 1 {
		return arm.BadRequest("NatGatewayMultipleZonesNotSupported", "NAT gateway %s lies in one zone or in none.", r.Name())
	}
	for _, path := range []string{"properties.publicIpAddresses", "properties.publicIpPrefixes"} {
		for _, id := range ids(r.List(path)) {
			address := c.Get(id)
			if address == nil {
				return exists(c, r, id)
			}
			if address.Str("sku.name") != size {
				return arm.BadRequest("NatGatewayPublicIpSkuMismatch", "NAT gateway %s of the SKU %s cannot use %s of the SKU %s.", r.Name(), size, id, address.Str("sku.name"))
			}
		}
	}
	return nil
}
