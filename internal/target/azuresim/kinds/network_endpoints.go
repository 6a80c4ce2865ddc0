package kinds

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const endpointTTL = 10

// endpointKinds are private endpoints, their interfaces and their DNS zone groups.
func endpointKinds() []arm.Kind {
	return []arm.Kind{
		{
			Type: endpointType, Located: true, Name: networkName(80), Async: networkAsync(), Status: arm.Status{Create: 201},
			Required:  []string{"properties.subnet.id"},
			Immutable: []string{"properties.subnet.id", "properties.customNetworkInterfaceName"},
			ReadOnly:  []string{"properties.networkInterfaces", "properties.customDnsConfigs", "properties.resourceGuid"},
			Default:   endpointDefault, Check: endpointCheck, Compute: endpointCompute, Saved: endpointSaved, Deleted: endpointDeleted,
		},
		{
			Type: nicType, Located: true, Name: networkName(80), Async: networkAsync(), Status: arm.Status{Create: 201},
			ReadOnly: []string{"properties.resourceGuid", "properties.privateEndpoint", "properties.macAddress"}, Compute: withGUID,
			Deletable: func(c *arm.Context, r *arm.Resource) error {
				if id := r.Str("properties.privateEndpoint.id"); id != "" && c.Get(id) != nil {
					return arm.BadRequest("NetworkInterfaceInUseByPrivateEndpoint", "Network interface %s cannot be deleted because it belongs to the private endpoint %s.", r.ID, id)
				}
				return nil
			},
		},
		{
			Type: zoneGroupType, Name: arm.NameRule{Max: 80}, Async: networkAsync(), Status: arm.Status{Create: 201},
			Check: zoneGroupCheck, Compute: zoneGroupCompute, Saved: zoneGroupSaved, Deleted: zoneGroupDeleted,
		},
	}
}

func endpointDefault(_ *arm.Context, r *arm.Resource) {
	for _, list := range []string{"privateLinkServiceConnections", "manualPrivateLinkServiceConnections", "ipConfigurations"} {
		r.Default("properties."+list, []any{})
	}
}

// endpointConnections are the automatic and the manual connections of an endpoint.
func endpointConnections(r *arm.Resource) []any {
	return append(append([]any{}, r.List("properties.privateLinkServiceConnections")...), r.List("properties.manualPrivateLinkServiceConnections")...)
}

func endpointCheck(c *arm.Context, r, old *arm.Resource) error {
	id := r.Str("properties.subnet.id")
	if id == "" {
		return arm.BadRequest("InvalidRequestFormat", "The subnet of private endpoint %s must be given by its id.", r.Name())
	}
	subnet := c.Get(id)
	if subnet == nil {
		return exists(c, r, id)
	}
	connections := endpointConnections(r)
	if len(connections) != 1 {
		return arm.BadRequest("PrivateEndpointInvalidConnections", "Private endpoint %s needs exactly one connection.", r.Name())
	}
	connection, _ := connections[0].(arm.Object)
	target, _ := arm.Lookup(connection, "properties.privateLinkServiceId")
	if id, _ := target.(string); strings.HasPrefix(id, "/") {
		if err := exists(c, r, id); err != nil {
			return err
		}
	}
	if old != nil {
		return nil
	}
	if len(delegatedTo(subnet)) > 0 {
		return arm.BadRequest("PrivateEndpointCannotBeCreatedInSubnetThatHasDelegation", "Private endpoint %s cannot be created in subnet %s, which is delegated.", r.ID, subnet.ID)
	}
	for _, item := range r.List("properties.ipConfigurations") {
		o, _ := item.(arm.Object)
		address, _ := arm.Lookup(o, "properties.privateIPAddress")
		s, _ := address.(string)
		if err := checkAddress(c, r, subnet, s); err != nil {
			return err
		}
	}
	return nil
}

func endpointCompute(c *arm.Context, r, old *arm.Resource) {
	withGUID(c, r, old)
	for _, path := range []string{"properties.privateLinkServiceConnections", "properties.manualPrivateLinkServiceConnections"} {
		status := "Approved"
		if strings.Contains(path, "manual") {
			status = "Pending"
		}
		list := r.List(path)
		for _, item := range list {
			o, is := item.(arm.Object)
			if !is {
				continue
			}
			o["id"] = r.ID.String() + "/" + path[strings.LastIndex(path, ".")+1:] + "/" + text(o, "name")
			arm.Assign(o, "properties.provisioningState", "Succeeded")
			arm.Assign(o, "properties.privateLinkServiceConnectionState", arm.Object{"status": status, "description": "", "actionsRequired": "None"})
		}
		r.Set(path, list)
	}
	name := r.Str("properties.customNetworkInterfaceName")
	if name == "" && old == nil {
		name = r.Name() + ".nic." + c.NewUUID()
	}
	if old == nil {
		nic := arm.ID{Subscription: r.ID.Subscription, Group: r.ID.Group, Scope: r.ID.Scope, Namespace: "Microsoft.Network", Types: []string{"networkInterfaces"}, Names: []string{name}}
		r.Set("properties.networkInterfaces", []any{arm.Object{"id": nic.String()}})
	}
	r.Default("properties.customDnsConfigs", []any{})
}

// endpointSaved makes the endpoint's network interface with an address of the subnet.
func endpointSaved(c *arm.Context, r, old *arm.Resource) error {
	if old != nil {
		return nil
	}
	id, err := arm.ParseID(ids(r.List("properties.networkInterfaces"))[0])
	if err != nil {
		return err
	}
	subnet := c.Get(r.Str("properties.subnet.id"))
	wanted := endpointAddresses(c, r, subnet)
	if len(wanted) == 0 {
		return arm.BadRequest("SubnetIsFull", "Subnet %s does not have enough capacity for an IP address.", subnet.Name())
	}
	configurations := make([]any, 0, len(wanted))
	for i, address := range wanted {
		name := "privateEndpointIpConfig." + c.NewUUID()
		configurations = append(configurations, arm.Object{
			"id": id.String() + "/ipConfigurations/" + name, "name": name,
			"properties": arm.Object{
				"provisioningState": "Succeeded", "privateIPAddress": address, "privateIPAllocationMethod": "Dynamic", "primary": i == 0,
				"privateIPAddressVersion": "IPv4", "subnet": arm.Object{"id": subnet.ID.String()},
			},
		})
	}
	nic := &arm.Resource{ID: id, Body: arm.Object{"location": r.Location()}}
	nic.Set("properties", arm.Object{
		"provisioningState": "Succeeded", "resourceGuid": c.NewUUID(), "ipConfigurations": configurations, "enableIPForwarding": false, "enableAcceleratedNetworking": false,
		"privateEndpoint": arm.Object{"id": r.ID.String()}, "nicType": "Standard",
	})
	c.Put(nic)
	return nil
}

// endpointAddresses are the addresses that an endpoint asks for, or the first free one.
func endpointAddresses(c *arm.Context, r, subnet *arm.Resource) []string {
	var out []string
	for _, item := range r.List("properties.ipConfigurations") {
		o, _ := item.(arm.Object)
		if address, _ := arm.Lookup(o, "properties.privateIPAddress"); address != nil {
			s, _ := address.(string)
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		if free := freeAddress(c, subnet); free != "" {
			out = append(out, free)
		}
	}
	return out
}

func endpointDeleted(c *arm.Context, r *arm.Resource) {
	for _, id := range ids(r.List("properties.networkInterfaces")) {
		c.Remove(id)
	}
}

func zoneGroupCheck(c *arm.Context, r, _ *arm.Resource) error {
	for _, zone := range groupZones(r) {
		if c.Get(zone) == nil {
			return arm.BadRequest("InvalidPrivateDnsZoneIds", "The private DNS zone %s of the zone group %s was not found.", zone, r.ID)
		}
	}
	return nil
}

// groupZones are the zones of a group.
func groupZones(r *arm.Resource) []string {
	var out []string
	for _, item := range r.List("properties.privateDnsZoneConfigs") {
		o, _ := item.(arm.Object)
		zone, _ := arm.Lookup(o, "properties.privateDnsZoneId")
		s, _ := zone.(string)
		out = append(out, s)
	}
	return out
}

// endpointTarget is the name of what an endpoint leads to: its record's name in the zones.
func endpointTarget(endpoint *arm.Resource) string {
	for _, item := range endpointConnections(endpoint) {
		o, _ := item.(arm.Object)
		target, _ := arm.Lookup(o, "properties.privateLinkServiceId")
		s, _ := target.(string)
		if id, err := arm.ParseID(s); err == nil {
			return strings.ToLower(id.Name())
		}
	}
	return strings.ToLower(endpoint.Name())
}

// nicAddresses are the private addresses of an endpoint.
func nicAddresses(c *arm.Context, endpoint *arm.Resource) []any {
	out := []any{}
	for _, id := range ids(endpoint.List("properties.networkInterfaces")) {
		nic := c.Get(id)
		if nic == nil {
			continue
		}
		for _, item := range nic.List("properties.ipConfigurations") {
			o, _ := item.(arm.Object)
			if address, _ := arm.Lookup(o, "properties.privateIPAddress"); address != nil {
				out = append(out, address)
			}
		}
	}
	return out
}

func zoneGroupCompute(c *arm.Context, r, _ *arm.Resource) {
	endpoint := c.Get(r.ID.Parent().String())
	name, addresses := endpointTarget(endpoint), nicAddresses(c, endpoint)
	for _, item := range r.List("properties.privateDnsZoneConfigs") {
		o, is := item.(arm.Object)
		if !is {
			continue
		}
		zone, _ := arm.Lookup(o, "properties.privateDnsZoneId")
		s, _ := zone.(string)
		id, err := arm.ParseID(s)
		if err != nil {
			continue
		}
		o["id"] = r.ID.String() + "/privateDnsZoneConfigs/" + text(o, "name")
		o["type"] = zoneGroupType + "/privateDnsZoneConfigs"
		arm.Assign(o, "properties.provisioningState", "Succeeded")
		arm.Assign(o, "properties.recordSets", []any{arm.Object{
			"recordType": "A", "recordSetName": name, "fqdn": name + "." + id.Name(), "ttl": float64(endpointTTL), "provisioningState": "Succeeded", "ipAddresses": addresses,
		}})
	}
}

// zoneGroupSaved puts the endpoint's addresses into the zones.
func zoneGroupSaved(c *arm.Context, r, _ *arm.Resource) error {
	endpoint := c.Get(r.ID.Parent().String())
	records := []any{}
	for _, address := range nicAddresses(c, endpoint) {
		records = append(records, arm.Object{"ipv4Address": address})
	}
	for _, zone := range groupZones(r) {
		z := c.Get(zone)
		name := endpointTarget(endpoint)
		c.Make(z.ID, "A", name, arm.Object{"properties": arm.Object{
			"ttl": endpointTTL, "fqdn": name + "." + z.Name() + ".", "isAutoRegistered": false, "aRecords": records,
			"metadata": arm.Object{"creator": "created by private endpoint " + endpoint.Name() + " with resource guid " + endpoint.Str("properties.resourceGuid")},
		}})
	}
	return nil
}

// zoneGroupDeleted takes the group's records out of the zones.
func zoneGroupDeleted(c *arm.Context, r *arm.Resource) {
	for _, item := range r.List("properties.privateDnsZoneConfigs") {
		o, _ := item.(arm.Object)
		sets, _ := arm.Lookup(o, "properties.recordSets")
		zone, _ := arm.Lookup(o, "properties.privateDnsZoneId")
		s, _ := zone.(string)
		for _, set := range asList(sets) {
			if record, is := set.(arm.Object); is {
				c.Remove(s + "/A/" + text(record, "recordSetName"))
			}
		}
	}
}
