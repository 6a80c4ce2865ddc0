package dnsapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerZones(api huma.API) {
	httpserver.Register(api, operation("list-dns-zones", http.MethodGet, "/zones", "List the zones of the tenant that are seen"), a.listZones)
	httpserver.Register(api, created(operation("create-dns-zone", http.MethodPost, "/zones", "Add a zone")), a.createZone)
	httpserver.Register(api, operation("get-dns-zone", http.MethodGet, "/zones/{zone}", "Show a zone with its settings"), a.getZone)
	httpserver.Register(api, operation("set-dns-zone", http.MethodPut, "/zones/{zone}", "Change the settings of a zone"), a.setZone)
	httpserver.Register(api, operation("delete-dns-zone", http.MethodDelete, "/zones/{zone}", "Remove a zone with its records and keys"), a.deleteZone)
	httpserver.Register(api, operation("link-dns-zone", http.MethodPut, "/zones/{zone}/links/{network}", "Have a network see a zone"), a.link)
	httpserver.Register(api, operation("unlink-dns-zone", http.MethodDelete, "/zones/{zone}/links/{network}", "Have a network not see a zone any more"), a.unlink)
	httpserver.Register(api, operation("export-dns-zone", http.MethodGet, "/zones/{zone}/file", "Write a zone as a zone file"), a.export)
	httpserver.Register(api, operation("import-dns-zone", http.MethodPost, "/zones/{zone}/file", "Take the records of a zone file"), a.importFile)
	httpserver.Register(api, operation("check-dns-secondaries", http.MethodPost, "/zones/{zone}/secondaries", "Ask the secondaries of a zone how far they are"), a.secondaries)
}

// DNSZone is a zone of a tenant.
type DNSZone struct {
	OfProject
	dns.Zone
}

func zoneOf(z dns.Zone) DNSZone { return DNSZone{OfProject{z.Scope.Project}, z} }

type zonesOutput struct{ Body kernel.Page[DNSZone] }

func (a API) listZones(ctx context.Context, in *listInput) (*zonesOutput, error) {
	page, err := list(ctx, a, dns.KindZone, "", in.Page(), zoneOf)
	return &zonesOutput{Body: page}, err
}

// DNSZoneSettings are what of a zone may be set.
type DNSZoneSettings struct {
	Everywhere  bool         `json:"everywhere,omitempty" doc:"Whether whoever asks sees the zone, from any network; operators of the platform alone may."`
	Links       []dns.Link   `json:"links,omitempty" maxItems:"200" doc:"The networks that see the zone."`
	NameServers []string     `json:"nameServers,omitempty" maxItems:"13" doc:"Names of the zone's servers (NS); that of the platform unless given."`
	Start       dns.Start    `json:"start" required:"false" doc:"What the zone's SOA says."`
	Secondary   dns.Transfer `json:"secondary" required:"false" doc:"Who may copy the zone, and who is told of changes."`
}

func (s DNSZoneSettings) zone(scope kernel.Scope, name string) dns.Zone {
	return dns.Zone{Scope: scope, Name: name, Everywhere: s.Everywhere, Links: s.Links, NameServers: s.NameServers, Start: s.Start, Secondary: s.Secondary}
}

type createZoneInput struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"253" doc:"The zone's name, such as corp.internal."`
		OfProject
		DNSZoneSettings
	}
}

type zoneOutput struct{ Body DNSZone }

func (a API) createZone(ctx context.Context, in *createZoneInput) (*zoneOutput, error) {
	z, err := a.DNS.CreateZone(ctx, in.Body.zone(kernel.Scope{Tenant: tenantOf(ctx), Project: in.Body.Project}, in.Body.Name))
	return &zoneOutput{Body: zoneOf(z)}, err
}

// ZonePath names a zone.
type ZonePath struct {
	Zone string `path:"zone" maxLength:"253" doc:"The zone's name."`
}

func (a API) getZone(ctx context.Context, in *ZonePath) (*zoneOutput, error) {
	z, err := a.DNS.Zone(ctx, tenantOf(ctx), in.Zone)
	return &zoneOutput{Body: zoneOf(z)}, err
}

type setZoneInput struct {
	ZonePath
	Body DNSZoneSettings
}

func (a API) setZone(ctx context.Context, in *setZoneInput) (*zoneOutput, error) {
	z, err := a.DNS.SetZone(ctx, in.Body.zone(kernel.Scope{Tenant: tenantOf(ctx)}, in.Zone))
	return &zoneOutput{Body: zoneOf(z)}, err
}

func (a API) deleteZone(ctx context.Context, in *ZonePath) (*struct{}, error) {
	return nil, a.DNS.DeleteZone(ctx, tenantOf(ctx), in.Zone)
}

// LinkPath names a link.
type LinkPath struct {
	ZonePath
	Network string `path:"network" maxLength:"63" doc:"The network's name."`
}

type linkInput struct {
	LinkPath
	Body struct {
		Policy dns.LinkPolicy `json:"resolutionPolicy" required:"false" doc:"What becomes of names that the zone does not have: Default denies them, NxDomainRedirect asks elsewhere."`
	}
}

func (a API) link(ctx context.Context, in *linkInput) (*zoneOutput, error) {
	z, err := a.DNS.Link(ctx, tenantOf(ctx), in.Zone, dns.Link{Network: in.Network, Policy: in.Body.Policy}, true)
	return &zoneOutput{Body: zoneOf(z)}, err
}

func (a API) unlink(ctx context.Context, in *LinkPath) (*zoneOutput, error) {
	z, err := a.DNS.Link(ctx, tenantOf(ctx), in.Zone, dns.Link{Network: in.Network}, false)
	return &zoneOutput{Body: zoneOf(z)}, err
}

type exportInput struct {
	ZonePath
	Network string `query:"network" maxLength:"63" doc:"As this network sees the zone; as all do unless given."`
}

// DNSZoneFile is a zone as a file.
type DNSZoneFile struct {
	Source string `json:"source" doc:"The zone file (RFC 1035 §5)."`
}

type exportOutput struct{ Body DNSZoneFile }

func (a API) export(ctx context.Context, in *exportInput) (*exportOutput, error) {
	text, err := a.DNS.Export(ctx, tenantOf(ctx), in.Zone, in.Network)
	return &exportOutput{Body: DNSZoneFile{Source: text}}, err
}

type importInput struct {
	ZonePath
	Body struct {
		Source  string `json:"source" minLength:"1" maxLength:"4194304" doc:"The zone file (RFC 1035 §5). Its SOA and the NS of the zone itself are ignored."`
		Replace bool   `json:"replace,omitempty" doc:"Remove the records that the file does not have."`
	}
}

type importOutput struct{ Body dns.Imported }

func (a API) importFile(ctx context.Context, in *importInput) (*importOutput, error) {
	out, err := a.DNS.Import(ctx, tenantOf(ctx), in.Zone, in.Body.Source, in.Body.Replace)
	return &importOutput{Body: out}, err
}

// DNSSecondaries are the secondaries of a zone.
type DNSSecondaries struct {
	Secondaries []dns.Standing `json:"secondaries"`
}

type secondariesOutput struct{ Body DNSSecondaries }

func (a API) secondaries(ctx context.Context, in *ZonePath) (*secondariesOutput, error) {
	all, err := a.DNS.Secondaries(ctx, tenantOf(ctx), in.Zone)
	return &secondariesOutput{Body: DNSSecondaries{all}}, err
}

func (a API) registerRecords(api huma.API) {
	httpserver.Register(api, operation("list-dns-records", http.MethodGet, "/zones/{zone}/records", "List the record sets of a zone by name"), a.listRecords)
	httpserver.Register(api, operation("set-dns-record", http.MethodPut, "/zones/{zone}/records/{name}/{type}", "Make a record set, or change it"), a.setRecord)
	httpserver.Register(api, operation("delete-dns-record", http.MethodDelete, "/zones/{zone}/records/{name}/{type}", "Remove a record set"), a.deleteRecord)
}

type recordsInput struct {
	ZonePath
	httpserver.PageParams
	Prefix string `query:"prefix" maxLength:"255" doc:"Only names that begin with this text."`
}

type recordsOutput struct{ Body kernel.Page[dns.Held] }

func (a API) listRecords(ctx context.Context, in *recordsInput) (*recordsOutput, error) {
	page, err := a.DNS.SetsOf(ctx, tenantOf(ctx), in.Zone, in.Prefix, in.Page())
	return &recordsOutput{Body: page}, err
}

// RecordPath names a record set.
type RecordPath struct {
	ZonePath
	Name string `path:"name" maxLength:"255" doc:"The name, in full or relative to the zone; @ is the zone itself."`
	Type string `path:"type" maxLength:"10" doc:"The type of the records, such as A or MX."`
}

type recordInput struct {
	RecordPath
	Body struct {
		TTL     uint32   `json:"ttl,omitempty" maximum:"604800" doc:"Seconds that the records may be kept; 300 unless given."`
		Values  []string `json:"values" minItems:"1" maxItems:"100" doc:"The data of each record, as zone files have it. A text without quotes is one text of any length."`
		Network string   `json:"network,omitempty" maxLength:"63" doc:"The network that sees these records in the place of what others see; all unless given."`
	}
}

type recordOutput struct{ Body dns.Held }

func (a API) setRecord(ctx context.Context, in *recordInput) (*recordOutput, error) {
	h, err := a.DNS.PutSet(ctx, tenantOf(ctx), in.Zone, dns.Held{Set: zone.Set{Name: in.Name, Type: in.Type, TTL: in.Body.TTL, Values: in.Body.Values}, Network: in.Body.Network})
	return &recordOutput{Body: h}, err
}

type deleteRecordInput struct {
	RecordPath
	Network string `query:"network" maxLength:"63" doc:"The network whose records they are; those for all unless given."`
}

func (a API) deleteRecord(ctx context.Context, in *deleteRecordInput) (*struct{}, error) {
	return nil, a.DNS.DeleteSet(ctx, tenantOf(ctx), in.Zone, in.Name, in.Type, in.Network)
}
