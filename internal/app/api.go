package app

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/access/audit/auditapi"
	"github.com/terrace-idp/terrace/internal/access/factor/factorapi"
	"github.com/terrace-idp/terrace/internal/access/identity/identityapi"
	"github.com/terrace-idp/terrace/internal/access/keyring/keyringapi"
	"github.com/terrace-idp/terrace/internal/access/provider/providerapi"
	"github.com/terrace-idp/terrace/internal/access/quota/quotaapi"
	"github.com/terrace-idp/terrace/internal/access/tenant/departure/departureapi"
	"github.com/terrace-idp/terrace/internal/access/tenant/export/exportapi"
	"github.com/terrace-idp/terrace/internal/access/tenant/tenantapi"
	"github.com/terrace-idp/terrace/internal/access/upstream/upstreamapi"
	"github.com/terrace-idp/terrace/internal/access/usage/usageapi"
	"github.com/terrace-idp/terrace/internal/access/workloadid/workloadidapi"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/apispecapi"
	"github.com/terrace-idp/terrace/internal/delivery/automation/automationapi"
	"github.com/terrace-idp/terrace/internal/delivery/fleet/fleetapi"
	"github.com/terrace-idp/terrace/internal/delivery/impact/impactapi"
	"github.com/terrace-idp/terrace/internal/delivery/landingzone/landingzoneapi"
	"github.com/terrace-idp/terrace/internal/delivery/module/moduleapi"
	"github.com/terrace-idp/terrace/internal/delivery/release/releaseapi"
	"github.com/terrace-idp/terrace/internal/delivery/run/runapi"
	"github.com/terrace-idp/terrace/internal/delivery/run/runpage"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/source/sourceapi"
	"github.com/terrace-idp/terrace/internal/delivery/stage/stageapi"
	"github.com/terrace-idp/terrace/internal/delivery/state/stateapi"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/githost"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcsapi"
	"github.com/terrace-idp/terrace/internal/fabric/config/configapi"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnsapi"
	"github.com/terrace-idp/terrace/internal/fabric/document/database/databaseapi"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain/domainapi"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/tuning/tuningapi"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewayapi"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/product/productapi"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshapi"
	"github.com/terrace-idp/terrace/internal/fabric/pki/acme/acmeapi"
	"github.com/terrace-idp/terrace/internal/fabric/pki/acme/acmewire"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkiapi"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretapi"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretkv"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultcert/vaultcertapi"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync/vaultsyncapi"
	"github.com/terrace-idp/terrace/internal/fabric/subscription/subscriptionapi"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicapi"
	"github.com/terrace-idp/terrace/internal/governance/budget/budgetapi"
	"github.com/terrace-idp/terrace/internal/governance/compliance/complianceapi"
	"github.com/terrace-idp/terrace/internal/governance/drift/driftapi"
	"github.com/terrace-idp/terrace/internal/governance/focus/focusapi"
	"github.com/terrace-idp/terrace/internal/governance/leak/leakapi"
	"github.com/terrace-idp/terrace/internal/governance/lifetime/lifetimeapi"
	"github.com/terrace-idp/terrace/internal/governance/maturity/maturityapi"
	"github.com/terrace-idp/terrace/internal/governance/policy/policyapi"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/target/local/localapi"
)

// apiVersion is the version of the API's contract, not that of the program,
// which /status tells.
const apiVersion = "1.0.0"

// room is a part of the API.
type room interface{ Register(api huma.API) }

// wire is a part of HTTP that is no JSON API: Terraform's protocols.
type wire interface{ Mount(r chi.Router) }

// handler serves everything under the platform's own address.
func (a *App) handler() http.Handler {
	router := httpserver.NewRouter(httpserver.Options{
		Logger: a.platform.log, Authenticator: bearers{a.access.identity, a.delivery.configs, a.fabric.documents},
		Refused: a.access.audit,
		Limits:  limits{a.access.quotas, a.access.usage}, Proxies: a.platform.config.Proxies(),
		Middleware: []func(http.Handler) http.Handler{a.platform.telemetry.Middleware(), sourceapi.Override, configapi.OFREP(a.platform.config.FlagOrigins)},
	})
	router.Handle("/metrics", a.platform.telemetry.MetricsHandler())
	router.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	router.Get("/readyz", a.readyz)
	modules := moduleapi.API{Modules: a.delivery.modules, Key: a.platform.signingKey}
	planes := localapi.API{Service: a.local, Tokens: a.platform.runTokens}
	runners := fleetapi.API{Fleet: a.delivery.fleet, ProviderVersion: ProviderVersion}
	runners.Provider, _ = a.platform.provider() // it was installed from there
	configs := configapi.API{Configs: a.delivery.configs}
	states := stateapi.API{State: a.delivery.states, Tokens: a.platform.runTokens}
	identities := workloadidapi.API{Identities: newIdentities(a.platform, a.access, a.delivery), Tokens: a.platform.runTokens}
	signIns := a.access.signInPages()
	certificates := &acmewire.Handler{Service: a.acme, Base: a.platform.publicURL(), Log: a.platform.log}
	for _, w := range []wire{certificates, identities, modules, planes, states, configs, databaseapi.API{Databases: a.fabric.documents}, runners, vcsapi.NewHooks(a.delivery.repositories), runpage.New(a.delivery.runs, a.access.identity), githost.New(a.delivery.repositories, a.access.identity), pkiapi.Public{PKI: a.fabric.pki}, secretkv.Handler{Secrets: a.fabric.secrets, Tokens: a.access.identity, Log: a.platform.log}, signIns, factorapi.Pages{Factors: a.access.factors, Frame: signIns}, newAPIPages(a.platform, a.fabric, a.apis, signIns), a.access.upstreamPages(signIns)} {
		w.Mount(router)
	}
	api := httpserver.NewAPI(router, apiVersion)
	api.UseMiddleware(known{a.access.identity, a.delivery.stageSets, a.delivery.runs, runsql.NewStore(a.platform.db)}.middleware(api))
	registerAll(api, []room{
		identityapi.API{Service: a.access.identity, Tenant: a.platform.config.Tenant},
		providerapi.API{Provider: a.access.provider},
		factorapi.API{Factors: a.access.factors},
		tenantapi.API{Service: a.access.tenants},
		quotaapi.API{Quotas: a.access.quotas},
		usageapi.API{Usage: a.access.usage},
		keyringapi.API{Keys: a.keys},
		exportapi.API{Exports: a.exports},
		departureapi.API{Departures: a.departures},
		workloadidapi.Trusts{Service: a.access.trusts},
		upstreamapi.API{Upstreams: a.access.upstreams},
		auditapi.API{Service: a.access.audit},
		sourceapi.API{Sources: a.delivery.sources},
		configs,
		stageapi.API{Stages: a.delivery.stages},
		landingzoneapi.API{Zones: a.delivery.zones},
		impactapi.API{Impact: a.delivery.impact},
		releaseapi.API{Releases: a.delivery.releases},
		runapi.API{Runs: a.delivery.runs},
		driftapi.API{Drift: a.drift},
		complianceapi.API{Compliance: a.compliance},
		focusapi.API{Costs: a.costs},
		budgetapi.API{Budgets: a.delivery.budgets},
		lifetimeapi.API{Lifetimes: a.delivery.lifetimes},
		apispecapi.API{APIs: a.apis, Repositories: a.followed, Address: a.platform.publicURL()},
		maturityapi.API{Maturity: a.maturity},
		policyapi.API{Policies: a.delivery.policy},
		secretapi.API{Secrets: a.fabric.secrets},
		vaultsyncapi.API{Syncs: a.vaults, Issuer: a.platform.publicURL(), Subject: syncSubject},
		vaultcertapi.API{Certificates: a.vaultCertificates},
		leakapi.API{Leaks: a.fabric.leaks},
		subscriptionapi.API{Subscriptions: a.fabric.subscriptions, Address: a.platform.publicURL()},
		topicapi.API{Topics: a.fabric.topics},
		automationapi.API{Rules: a.delivery.rules},
		gatewayapi.API{Gateway: a.fabric.gateway, Traffic: a.fabric.traffic, Tail: a.fabric.tail, SLOs: a.fabric.slos},
		tuningapi.API{Tuning: newTuning(a.platform, a.access, a.fabric, a.delivery)},
		dnsapi.API{DNS: a.fabric.dns},
		domainapi.API{Domains: a.fabric.domains, Authority: domainRoots{a.fabric.authority}},
		meshapi.API{Mesh: a.fabric.mesh, Graph: a.fabric.graph, Sidecars: a.fabric.sidecars},
		pkiapi.API{PKI: a.fabric.pki},
		acmeapi.API{ACME: a.acme, Directory: certificates.Directory()},
		productapi.API{Products: a.fabric.products.Service, Gateway: a.fabric.gateway},
		modules, planes, states,
		vcsapi.API{Repositories: a.delivery.repositories},
		runners,
		statusAPI{a},
	})
	return router
}

func registerAll(api huma.API, rooms []room) {
	for _, r := range rooms {
		r.Register(api)
	}
}

// readyz answers 200 when all that Start does is done, the file with which the
// client signs in included, and the database answers.
func (a *App) readyz(w http.ResponseWriter, r *http.Request) {
	if !a.ready.Load() {
		http.Error(w, "the platform starts", http.StatusServiceUnavailable)
		return
	}
	if err := a.platform.db.Ping(r.Context()); err != nil {
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// OpenAPI returns the document of the API, version 3.1, or 3.0 for generators
// that know no other. Nothing is started.
func OpenAPI(downgrade bool) ([]byte, error) {
	api := httpserver.NewAPI(chi.NewRouter(), apiVersion)
	registerAll(api, []room{
		identityapi.API{},
		providerapi.API{},
		factorapi.API{},
		tenantapi.API{},
		quotaapi.API{},
		usageapi.API{},
		keyringapi.API{},
		exportapi.API{},
		departureapi.API{},
		workloadidapi.Trusts{},
		upstreamapi.API{},
		auditapi.API{},
		sourceapi.API{},
		configapi.API{},
		stageapi.API{},
		landingzoneapi.API{},
		impactapi.API{},
		releaseapi.API{},
		runapi.API{},
		driftapi.API{},
		complianceapi.API{},
		focusapi.API{},
		budgetapi.API{},
		lifetimeapi.API{},
		apispecapi.API{},
		maturityapi.API{},
		policyapi.API{},
		secretapi.API{},
		vaultsyncapi.API{},
		vaultcertapi.API{},
		leakapi.API{},
		subscriptionapi.API{},
		topicapi.API{},
		automationapi.API{},
		gatewayapi.API{},
		tuningapi.API{},
		dnsapi.API{},
		domainapi.API{},
		meshapi.API{},
		pkiapi.API{},
		acmeapi.API{},
		productapi.API{},
		moduleapi.API{},
		localapi.API{},
		stateapi.API{},
		vcsapi.API{},
		fleetapi.API{},
		statusAPI{},
	})
	if downgrade {
		return api.OpenAPI().DowngradeYAML()
	}
	return api.OpenAPI().YAML()
}
