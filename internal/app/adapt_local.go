package app

import (
	"context"
	"crypto/tls"
	"io"
	"net/netip"
	"net/url"

	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/document/database"
	"github.com/terrace-idp/terrace/internal/fabric/document/database/databaseapi"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/ownership"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
	"github.com/terrace-idp/terrace/internal/target/local"
)

// localDNS gives the local target the platform's DNS.
type localDNS struct{ dns *dns.Service }

func (a localDNS) PutRecord(ctx context.Context, scope kernel.Scope, r local.Record) error {
	return a.dns.ReplaceName(ctx, scope, r.Name, []dns.Record{{
		Name: r.Name, Type: dns.Type(r.Type), TTL: r.TTL, Values: r.Values,
	}})
}

func (a localDNS) Record(ctx context.Context, scope kernel.Scope, name, recordType string) (local.Record, error) {
	r, err := a.dns.Record(ctx, scope, name, dns.Type(recordType))
	return local.Record{Name: r.Name, Type: string(r.Type), TTL: r.TTL, Values: r.Values}, err
}

func (a localDNS) DeleteRecord(ctx context.Context, scope kernel.Scope, name string) error {
	return a.dns.DeleteName(ctx, scope, name)
}

// localGateway gives the local target the platform's gateway, whose TLS
// listener is on port.
type localGateway struct {
	gateway *gateway.Service
	port    int
}

func (a localGateway) PutRoute(ctx context.Context, scope kernel.Scope, r local.Route) error {
	to := gateway.ToService(r.Name, r.Host, r.Path, r.Service, r.Port)
	to.Owner = ownership.Terraform
	_, err := a.gateway.PutRoute(ctx, scope, to)
	return err
}

func (a localGateway) Route(ctx context.Context, scope kernel.Scope, name string) (local.Route, string, error) {
	r, err := a.gateway.Route(ctx, scope, name)
	out := local.Route{Name: r.Name}
	if len(r.Hosts) > 0 {
		out.Host = r.Hosts[0]
	}
	if len(r.Rules) > 0 && len(r.Rules[0].Matches) > 0 && len(r.Rules[0].Backends) > 0 {
		b := r.Rules[0].Backends[0]
		out.Path, out.Service, out.Port = r.Rules[0].Matches[0].Path.Value, b.Service, b.Port
	}
	return out, r.URL(a.port), err
}

func (a localGateway) DeleteRoute(ctx context.Context, scope kernel.Scope, name string) error {
	return a.gateway.DeleteRoute(ctx, scope, name)
}

// localSecrets gives the local target the platform's secrets. It reveals them
// as the platform itself, to put them into the processes that refer to them.
type localSecrets struct{ secrets *secret.Service }

func (a localSecrets) Generate(ctx context.Context, scope kernel.Scope, name string, length int) (local.SecretInfo, error) {
	info, err := a.secrets.Generate(ctx, scope, name, length)
	return secretInfo(info), err
}

func (a localSecrets) Rotate(ctx context.Context, scope kernel.Scope, name string) (local.SecretInfo, error) {
	info, err := a.secrets.Rotate(ctx, scope, name)
	return secretInfo(info), err
}

func (a localSecrets) Describe(ctx context.Context, scope kernel.Scope, name string) (local.SecretInfo, error) {
	info, err := a.secrets.Describe(ctx, scope, name)
	return secretInfo(info), err
}

func secretInfo(info secret.Info) local.SecretInfo {
	return local.SecretInfo{Version: info.Version, Length: info.Length, Since: info.CreatedAt}
}

func (a localSecrets) Reveal(ctx context.Context, scope kernel.Scope, r secretref.Reference) (string, error) {
	value, _, err := a.secrets.Resolve(kernel.WithActor(ctx, kernel.System("target/local", scope.Tenant)), scope, r)
	return value, err
}

func (a localSecrets) Delete(ctx context.Context, scope kernel.Scope, name string) error {
	return a.secrets.Delete(ctx, scope, name)
}

// localConfigs lets what is deployed read its configuration.
type localConfigs struct {
	configs *config.Service
	// address is where processes of this machine reach the platform, cluster where pods do.
	address, cluster string
	stages           *stage.Set
}

// endpoints are those for what runs on a stage.
func (a localConfigs) endpoints(where string) local.ConfigEndpoints {
	at := a.address
	if a.inCluster(where) {
		at = a.cluster
	}
	return local.ConfigEndpoints{URL: at + "/api/v1/config", OFREP: at, Stream: at + "/api/v1/config/watch", TokenPrefix: config.TokenPrefix}
}

func (a localConfigs) inCluster(where string) bool {
	st, err := a.stages.Get(where)
	return err == nil && st.Runtime == stage.RuntimeKubernetes
}

func (a localConfigs) EnsureConfig(ctx context.Context, scope kernel.Scope, name, workload, password string) (local.ConfigEndpoints, error) {
	if a.inCluster(scope.Stage) && isOfThisMachine(a.cluster) {
		return local.ConfigEndpoints{}, kernel.Errorf(kernel.Refused, "pods of %s cannot reach %s, which is an address of this machine alone: they would have no configuration", scope.Stage, a.cluster).
			WithFix("set clusterUrl, or publicUrl, in terraced's configuration to an address that they reach")
	}
	return a.endpoints(scope.Stage), a.configs.EnsureToken(ctx, scope, name, workload, config.TokenPrefix+password)
}

// isOfThisMachine reports whether an address means another machine on each machine.
func isOfThisMachine(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && (ip.IsLoopback() || ip.IsUnspecified())
}

func (a localConfigs) Config(ctx context.Context, scope kernel.Scope, name string) (string, local.ConfigEndpoints, error) {
	t, err := a.configs.GivenToken(ctx, scope, name)
	return t.Workload, a.endpoints(scope.Stage), err
}

func (a localConfigs) DeleteConfig(ctx context.Context, scope kernel.Scope, name string) error {
	return a.configs.EndToken(ctx, scope, name)
}

// localDocuments gives the local target document databases; address is where processes of
// this machine reach the platform.
type localDocuments struct {
	databases *database.Service
	address   string
}

func (a localDocuments) access() local.DocumentAccess {
	return local.DocumentAccess{URL: a.address + databaseapi.Path, TokenPrefix: database.TokenPrefix}
}

func (a localDocuments) EnsureDatabase(ctx context.Context, scope kernel.Scope, name string, collections map[string]map[string]string, password string) (local.DocumentAccess, error) {
	return a.access(), a.databases.Ensure(ctx, scope, name, collections, database.TokenPrefix+password)
}

func (a localDocuments) Database(ctx context.Context, scope kernel.Scope, name string) (map[string]map[string]string, local.DocumentAccess, error) {
	d, err := a.databases.Get(ctx, scope, name)
	return d.Collections, a.access(), err
}

func (a localDocuments) DeleteDatabase(ctx context.Context, scope kernel.Scope, name string) error {
	return a.databases.Delete(ctx, scope, name)
}

// localCertificates gives caches and databases of this machine certificates, of the zone
// where that is not localhost.
type localCertificates struct {
	authority *pki.Authority
	zone      string
}

func (a localCertificates) Certificate(name string) (*tls.Certificate, error) {
	if a.zone != "localhost" {
		name = a.zone
	}
	return a.authority.Certificate(name)
}

// localArtifacts opens the artifacts that releases name.
type localArtifacts struct{ releases *release.Service }

func (a localArtifacts) Open(ctx context.Context, digest kernel.Digest) (io.ReadCloser, error) {
	return a.releases.OpenArtifact(ctx, digest)
}
