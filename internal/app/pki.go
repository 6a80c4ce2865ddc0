package app

import (
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkisql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
)

// newPKI makes the authority of certificates. One that only serves traffic opens no key but
// those that it serves with, and reads no file.
func newPKI(p *platform, a *access, f *fabric) (*pki.Service, error) {
	store, folder := pkisql.NewStore(p.db), p.config.PKIFolder()
	if f.dataPlane {
		folder = p.config.PKI
	}
	return pki.New(pki.Config{
		Options:     pki.Options{Zones: []string{p.config.Zone}, Hosts: shownHosts{p, f}.of},
		Authorities: store, Inventory: store, Alerts: store, Lists: store, Sealer: p.sealer, Names: certifiable{p.config.Zone, a.tenants, f}, Authorizer: a.identity, Journal: a.journal, Tx: p.db,
		Home: p.config.Tenant, Folder: folder, Address: strings.TrimRight(p.config.PublicURL, "/"), DataPlane: f.dataPlane, Log: p.log,
		Proven: func(name string) bool { return f.domains.Of(name) == name },
	})
}

// shownHosts tells what the gateway has certificates for: hosts of routes, and the platform's
// own names.
type shownHosts struct {
	platform *platform
	fabric   *fabric
}

func (s shownHosts) of(name string) (pki.Host, bool) {
	zone := s.platform.config.Zone
	if name == zone || name == "localhost" || name == "gateway."+zone || s.reserved(name) {
		return pki.Host{Name: name, Holder: pki.Holder{Kind: pki.HolderPlatform, Scope: kernel.Scope{Tenant: s.platform.config.Tenant}, Name: name}}, true
	}
	host, scope, ok := s.fabric.gateway.Host(name)
	return pki.Host{Name: narrowed(host, name), Holder: pki.Holder{Kind: pki.HolderRoute, Scope: scope, Name: host}}, ok
}

func (s shownHosts) reserved(name string) bool {
	for _, own := range reservedHosts(s.platform.config) {
		if own == name {
			return true
		}
	}
	return false
}

// narrowed is a host for which a certificate holds for a name: a wildcard of TLS takes one
// label (RFC 9525 §6.3), that of a route any number.
func narrowed(host, name string) string {
	if !strings.HasPrefix(host, "*.") {
		return host
	}
	_, below, _ := strings.Cut(name, ".")
	return "*." + below
}

// certifiable tells who may have which names: within the zone what routes of a stage may
// have, and no other has, and outside of it the domains that a tenant has proven.
type certifiable struct {
	zone    string
	tenants *tenant.Service
	fabric  *fabric
}

// Certifiable implements pki.Names.
func (c certifiable) Certifiable(ctx context.Context, scope kernel.Scope, name string) (string, error) {
	bare := strings.TrimPrefix(name, "*.")
	inZone := within(bare, c.zone)
	if inZone && scope.Project == "" {
		var err error
		if scope, err = c.projectOf(ctx, scope, bare); err != nil {
			return "", err
		}
	}
	if err := c.fabric.gateway.MayHave(scope, name); err != nil {
		return "", err
	}
	if inZone {
		return "", c.free(scope, name)
	}
	if err := c.fabric.domains.Routable(ctx, scope, name); err != nil {
		return "", err
	}
	if domain := c.fabric.domains.Of(bare); domain != "" {
		return domain, nil
	}
	return "", kernel.Errorf(kernel.Unavailable, "the domain of %s is not known here yet", name).WithFix("try again in a moment")
}

// projectOf finds the project of a tenant that a name of the zone lies under.
func (c certifiable) projectOf(ctx context.Context, scope kernel.Scope, name string) (kernel.Scope, error) {
	under := strings.TrimSuffix(strings.TrimSuffix(name, c.zone), ".")
	project := under[strings.LastIndexByte(under, '.')+1:]
	refused := kernel.Errorf(kernel.Refused, "%s does not belong to %s", name, scope).WithFix("use names under <stage>.<project>.%s", c.zone)
	if project == "" {
		return scope, refused
	}
	err := c.tenants.Exists(ctx, scope.InProject(project))
	if kernel.Is(err, kernel.NotFound) {
		err = refused
	}
	return scope.InProject(project), err
}

// free refuses a name that routes of somebody else have.
func (c certifiable) free(scope kernel.Scope, name string) error {
	host, owner, ok := c.fabric.gateway.Host(strings.TrimPrefix(name, "*."))
	if ok && (owner.Tenant != scope.Tenant || scope.Project != "" && owner.Project != scope.Project || scope.Stage != "" && owner.Stage != scope.Stage) {
		return kernel.Errorf(kernel.Conflict, "%s lies within %s, which somebody else's route has", name, host).WithFix("choose another name")
	}
	return nil
}

// pkiLoops adds what keeps certificates current. What serves traffic alone writes down what it
// has issued, and knows who is trusted.
func (f *fabric) pkiLoops(g *supervise.Group) {
	g.Every("certificates that are due", pki.MaintainEvery, f.pki.Maintain)
	g.Every("certificates that end", pki.AlertEvery, f.pki.Alert)
	g.Every("old certificates", pki.AlertEvery, f.pki.Tidy)
	g.Every("certificates of domains", pki.AlertEvery, (&broughtCertificates{domains: f.domains.View, pki: f.pki}).Round)
}
