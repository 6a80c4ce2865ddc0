package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnssql"
	"github.com/terrace-idp/terrace/internal/fabric/document/database"
	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/accesslog"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	gatewaycache "github.com/terrace-idp/terrace/internal/fabric/gateway/filter/cache"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/limit/limitredis"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/tuning"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/tuning/tuningsql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/front"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/session"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/slo"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/tail"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside/besidesql"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/graph"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/brokers"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsserver"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
)

// fabric is what workloads stand in: names, certificates, routes, secrets, events.
type fabric struct {
	// pki has the authorities and the inventory of certificates; authority signs for the zone.
	pki       *pki.Service
	authority *pki.Authority
	// workloads are who certificates of clients are proven by.
	workloads *pki.Workloads
	// dataPlane says that this process only serves traffic.
	dataPlane bool
	dns       *dns.Service
	gateway   *gateway.Service
	// counts are the limits that replicas of the gateway share; nil where no Redis is set.
	counts *limitredis.Store
	// cached is what the gateway's policies have stored of answers.
	cached *gatewaycache.Kind
	// findings are what the firewall counts.
	findings *tuning.Counts
	// apis are what the gateway knows of the APIs behind it.
	apis    *liveAPIs
	secrets *secret.Service
	// leaks look for values that stand where they should not.
	leaks *leak.Service
	nats  *natsserver.Server
	// topics are those of workloads; brokers carry them.
	topics  *topic.Service
	brokers *brokers.Set
	// documents are the document databases of stages.
	documents *database.Service
	// subscriptions send events on.
	subscriptions *subscription.Service

	dnsServer     *dns.Server
	gatewayServer *front.Server
	// mesh says how services call each other.
	mesh *mesh.Service
	// instances count what releases answer of which one takes over from the other.
	instances traffic.Instances
	// graph is who calls whom.
	graph *graph.Service
	// sidecars are those that stand beside workloads, at whichever daemon.
	sidecars *beside.Directory
	// traffic is what routes serve, and to whom.
	traffic *traffic.Service
	// tail shows requests to who watches.
	tail *tail.Service
	// slos watch what routes promise.
	slos *slo.Service
	// accessLog is nil where it is off.
	accessLog *accesslog.Writer
	authn     *authn.Kind
	// domains are what tenants have proven, and certificates what is shown on which host.
	domains      *domain.Service
	certificates certificates
	products     *products
	proxy        *proxy.Proxy
	// sessions are what cookies are signed with that keep a client at an instance.
	sessions *session.Keys
}

func newFabric(ctx context.Context, p *platform, a *access) (*fabric, error) {
	f := &fabric{}
	if err := f.build(ctx, p, a); err != nil {
		f.close(p)
		return nil, err
	}
	return f, nil
}

func (f *fabric) build(ctx context.Context, p *platform, a *access) (err error) {
	f.leaks = newLeaks(p, a)
	f.secrets = newSecrets(p, a)
	f.secrets.Known = f.leaks
	a.upstreams.Secrets = f.secrets
	if err := f.buildTraffic(p, a); err != nil {
		return err
	}
	if err := f.pki.Prepare(ctx); err != nil {
		return err
	}
	names := dnssql.NewStore(p.db)
	f.dns, err = dns.NewService(dns.Config{
		Store: names, Book: names, Sets: names, Sealer: p.sealer, Authorizer: a.identity, Journal: a.journal, Tx: p.db, Log: p.log, Zones: []string{p.config.Zone},
	})
	if err != nil {
		return err
	}
	if f.slos, err = newObjectives(p, a, f); err != nil {
		return err
	}
	f.mesh = newMesh(p, a)
	f.graph = newGraph(p, a, f)
	f.sidecars = &beside.Directory{Shelf: besidesql.NewStore(p.db), Authorizer: a.identity}
	host, port, err := splitAddress(p.config.NATS)
	if err != nil {
		return err
	}
	f.nats, err = natsserver.Start(ctx, natsserver.Config{Dir: p.path("nats"), Host: host, Port: port, Log: p.log})
	if err != nil {
		return err
	}
	if f.documents, err = newDocuments(ctx, p); err != nil {
		return err
	}
	if err := f.buildTopics(p, a); err != nil {
		return err
	}
	f.subscriptions = newSubscriptions(p, a, f)
	return nil
}

// newSecrets makes the room of secrets. Only the control plane has their values known to
// who looks for leaks.
func newSecrets(p *platform, a *access) *secret.Service {
	return &secret.Service{Store: secretsql.NewStore(p.db), Sealer: p.sealer, Authorizer: a.identity, Journal: a.journal, Tx: p.db}
}

// buildTraffic makes what answers traffic, for the control plane's own gateway and for one
// that is a process of its own. It needs the secrets.
func (f *fabric) buildTraffic(p *platform, a *access) (err error) {
	metrics, err := proxy.NewMetrics(p.telemetry.Registry())
	if err != nil {
		return fmt.Errorf("gateway metrics: %w", err)
	}
	if err := f.shareTraffic(p, a); err != nil {
		return err
	}
	f.products = newProducts(p, a, f)
	f.authn = newAuthn(p, a, f)
	kinds, err := gatewayKinds(p, f)
	if err != nil {
		return err
	}
	store := gatewaysql.NewStore(p.db)
	f.domains = newDomains(p, a)
	f.gateway = gateway.NewService(gateway.Config{
		Store: store, PolicyStore: store, ProductStore: store, Owners: store, Library: store, Products: f.products.Service,
		Authorizer: a.identity, Journal: a.journal, Tx: p.db, Log: p.log, Zones: []string{p.config.Zone}, Domains: f.domains, Reserved: reservedHosts(p.config),
		Kinds: kinds, Cache: f.cached, Outside: newOutside(p), Metrics: metrics, Traffic: f.traffic.Book,
	})
	a.provider.Resources = guarded{f.gateway, f.authn}
	f.certificates = certificates{p.config.Zone, f.authority, f.domains}
	return nil
}

// shareTraffic makes what all gateways of an installation have in common.
func (f *fabric) shareTraffic(p *platform, a *access) (err error) {
	if f.traffic, err = newTraffic(p, a); err != nil {
		return err
	}
	f.tail = newTail(p, a)
	f.sessions = &session.Keys{Store: gatewaysql.NewStore(p.db), Sealer: p.sealer, Log: p.log}
	if f.counts, err = newGatewayCounts(p, p.redis); err != nil {
		return err
	}
	if f.cached, err = newGatewayCache(p); err != nil {
		return err
	}
	f.apis = newLiveAPIs(p)
	f.findings = &tuning.Counts{Store: tuningsql.NewStore(p.db)}
	if f.pki, err = newPKI(p, a, f); err != nil {
		return err
	}
	f.authority, f.workloads = f.pki.Authority(), f.pki.Workloads()
	return nil
}

// load reads what was recorded before, so that nothing is answered wrongly
// once the listeners are open.
func (f *fabric) load(ctx context.Context, p *platform) error {
	if err := f.dns.Load(ctx); err != nil {
		return err
	}
	if err := f.domains.Load(ctx); err != nil {
		return err
	}
	if err := f.gateway.Load(ctx); err != nil {
		return err
	}
	if err := f.mesh.Load(ctx); err != nil {
		return err
	}
	if err := f.sessions.Renew(ctx); err != nil {
		return err
	}
	if err := f.apis.view.Load(ctx); err != nil {
		return err
	}
	if err := f.products.Load(ctx); err != nil {
		return err
	}
	return f.startTopics(ctx, p)
}

// listen opens the gateway's and DNS's ports; upstreams are the processes of
// the local target.
func (f *fabric) listen(ctx context.Context, p *platform, upstreams proxy.Upstreams) (err error) {
	if workloads, ok := upstreams.(gateway.Workloads); ok {
		f.gateway.Workloads = workloads
	}
	if err := f.listenTraffic(ctx, p, upstreams); err != nil {
		return err
	}
	f.dnsServer, err = dns.Listen(ctx, p.config.DNS, f.dns, p.log)
	return err
}

// listenTraffic opens the gateway's ports; upstreams are nil where no workload runs beside it.
func (f *fabric) listenTraffic(ctx context.Context, p *platform, upstreams proxy.Upstreams) (err error) {
	var written proxy.AccessLog
	if f.accessLog, err = newAccessLog(p); err != nil {
		return err
	} else if f.accessLog != nil {
		written = f.accessLog
	}
	f.proxy = proxy.New(proxy.Config{
		Outside: newOutside(p).dial,
		Routes:  f.gateway, Upstreams: upstreams, Sessions: f.sessions, Log: p.log, AccessLog: written, Tracing: newTracing(p), Tail: f.tail.Hub, Roots: f.authority.Pool, Instances: &f.instances,
		ClientCertificate: func() (*tls.Certificate, error) { return f.authority.ClientCertificate("gateway." + p.config.Zone) },
	})
	f.gatewayServer, err = front.Listen(ctx, front.Config{
		TLSAddr: p.config.Gateway, PlainAddr: p.config.GatewayHTTP,
		TLS: &tls.Config{GetCertificate: f.certificates.get, MinVersion: tls.VersionTLS12}, Handler: f.proxy.Handle, Log: p.log,
		AsksCertificate: f.authn.AsksCertificate, Unrouted: f.proxy.Unrouted,
	})
	if err != nil {
		return err
	}
	return watchGateway(p, f)
}

// loops adds the fabric's background work.
func (f *fabric) loops(g *supervise.Group, p *platform, events *event.Log) {
	g.Every("values of secrets", time.Hour, f.secrets.Acquaint)
	g.Every("leaks", time.Minute, f.leaks.Reopen)
	g.Every("changes of own values", time.Minute, f.leaks.Tidy)
	g.Every("quiet leaks", time.Minute, f.leaks.Silence)
	g.Every("leaks in other projects", time.Minute, f.leaks.Tell)
	g.Add("changes of what is kept", followsKept{events, p.kept}.Run)
	g.Every("documents whose lives are over", time.Minute, f.documents.Documents.Sweep)
	g.Every("event sweep", time.Hour, events.Sweep)
	g.Add("event tail", f.subscriptions.Tail)
	g.Add("subscriptions", f.subscriptions.Watch)
	g.Every("delivery sweep", time.Hour, f.subscriptions.Sweep)
	f.topicLoops(g)
	g.Add("dns records", f.dns.Watch)
	g.Every("private endpoints of stages", dns.FollowEvery, f.dns.Follow)
	g.Add("dns secondaries", f.dns.Notify)
	g.Add("documents of the mesh", f.mesh.Watch)
	g.Every("old calls of the mesh", time.Hour, f.graph.Tidy)
	f.trafficLoops(g, p, events)
	f.pkiLoops(g)
	g.Every("old calls of APIs", time.Hour, f.apis.calls.Tidy)
	g.Every("old usage of products", time.Hour, f.products.Tidy)
	g.Every("ends of subscriptions", time.Minute, f.products.Expire)
	g.Every("ends of certificates of domains", time.Minute, f.domains.TellEnds)
	g.Every("records of domains", time.Minute, f.domains.LookAgain)
	g.Every("old findings of the firewall", time.Hour, f.tidyFindings)
	g.Every("old traffic of routes", time.Hour, f.traffic.Book.Tidy)
	g.Every("who watched requests", time.Minute, (&tail.Server{Service: f.tail}).Tidy)
	g.Every("objectives of routes", slo.EvaluateEvery, f.slos.Evaluate)
	g.Add("dns server", f.dnsServer.Serve)
}

// trafficLoops adds what answers traffic, and keeps it current.
func (f *fabric) trafficLoops(g *supervise.Group, p *platform, events *event.Log) {
	g.Add("event log", events.Serve)
	g.Add("gateway routes", f.gateway.Watch)
	g.Add("domains", f.domains.Watch)
	g.Add("authorities of certificates", f.pki.Watch)
	g.Every("certificates that were issued", pki.WriteEvery, f.pki.Write)
	g.Every("keys of gateway sessions", session.RenewEvery, f.sessions.Renew)
	g.Add("gateway purges", (&purges{events: events, gateway: f.gateway}).Run)
	if f.counts != nil {
		g.Add("gateway limits", f.counts.Serve)
	}
	if p.shared != nil {
		g.Add("shared cache", p.shared.Serve)
	}
	g.Add("published APIs", f.apis.view.Watch)
	g.Every("calls of APIs", 15*time.Second, f.apis.calls.Write)
	g.Every("findings of the firewall", 15*time.Second, f.findings.Write)
	if f.accessLog != nil {
		g.Add("gateway access log", f.accessLog.Serve)
	}
	f.products.loops(g)
	g.Add("gateway server", f.gatewayServer.Serve)
	g.Add("gateway services", f.proxy.Watch)
	g.Add("watched requests", (&tail.Server{Service: f.tail}).Serve)
	g.Every("traffic of routes", traffic.WriteEvery, f.traffic.Book.Write)
	g.Every("consumers of routes", traffic.RankEvery, f.traffic.Book.Rank)
}

func (f *fabric) close(p *platform) {
	if f.leaks != nil {
		f.leaks.Settle()
	}
	if f.gatewayServer != nil {
		logClose(p.log, "gateway", f.gatewayServer.Close())
	}
	if f.accessLog != nil {
		logClose(p.log, "access log", f.accessLog.Close())
	}
	if f.products != nil {
		f.products.settle(p)
	}
	if f.cached != nil {
		f.cached.Close()
	}
	if f.proxy != nil {
		f.proxy.Close()
		logClose(p.log, "traffic of the gateway", writeTraffic(f))
		logClose(p.log, "certificates that were issued", f.pki.Write(context.Background()))
	}
	if f.authn != nil {
		f.authn.Close()
	}
	if f.dnsServer != nil {
		logClose(p.log, "dns", f.dnsServer.Close())
	}
	if f.documents != nil {
		closeDocuments(p, f.documents)
	}
	if f.brokers != nil {
		f.brokers.Close()
	}
	if f.nats != nil {
		f.nats.Close()
	}
}

func splitAddress(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("address %q: %w", address, err)
	}
	port, err = strconv.Atoi(text)
	return host, port, err
}
