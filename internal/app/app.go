package app

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/keyring"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/tenant/departure"
	"github.com/terrace-idp/terrace/internal/access/tenant/export"
	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/apispecvcs"
	"github.com/terrace-idp/terrace/internal/delivery/run/runlog"
	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultcert"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/governance/maturity"
	"github.com/terrace-idp/terrace/internal/governance/policy/live"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
	"github.com/terrace-idp/terrace/internal/target/local"
)

const (
	// runGrace is how long a terraform that is told to stop may take before it is killed.
	runGrace = 30 * time.Second
	// closePatience bounds a graceful end, that of the runs included.
	closePatience = runGrace + 10*time.Second
	// stageLook is how soon another daemon's change of the stages is known here.
	stageLook = 5 * time.Second
	// lifetimeLook is how soon a lifetime that is over is acted on.
	lifetimeLook = 2 * time.Second
)

// App is the whole platform in one process.
type App struct {
	platform   *platform
	access     *access
	keys       *keyring.Service
	exports    *export.Service
	departures *departure.Service
	fabric     *fabric
	// acme issues certificates to programs that ask for them.
	acme *acme.Service
	// vaults keeps the secrets of stages in key vaults.
	vaults *vaultsync.Service
	// vaultCertificates are those of stages in their key vaults.
	vaultCertificates *vaultcert.Service
	delivery          *delivery
	shipped           *shipped
	local             *local.Service
	// identities tell processes of this machine which workload they are.
	identities *workloadAPI
	// controlPlane tells workloads how calls go.
	controlPlane controlPlane
	drift        *drift.Service
	// compliance tells where what is applied stands.
	compliance *compliance.Service
	costs      *focus.Service
	maturity   *maturity.Service
	// apis are the documents of projects' APIs.
	apis *apispec.Service
	// followed are the repositories that they come from.
	followed *apispecvcs.Service
	loops    *supervise.Group
	server   *httpserver.Server
	started  time.Time
	ready    atomic.Bool
	first    identity.Credentials
	created  bool
	// signedIn tells that the client of this machine is.
	signedIn bool
}

// New builds the platform on its data directory and brings the database up to
// date. Nothing listens or runs before Start.
func New(ctx context.Context, c config.Config, version string, log *slog.Logger) (*App, error) {
	p, err := newPlatform(ctx, c, version, log)
	if err != nil {
		return nil, err
	}
	a := &App{platform: p, loops: supervise.New(log), started: kernel.Clock(nil).Now()}
	if err := a.build(ctx); err != nil {
		_ = a.Close(context.WithoutCancel(ctx)) // the first error says more
		return nil, whichPort(err, c)
	}
	return a, nil
}

func (a *App) build(ctx context.Context) (err error) {
	if err := migrate(ctx, a.platform.db); err != nil {
		return err
	}
	a.access = newAccess(a.platform)
	if err := a.access.quotas.Load(ctx); err != nil {
		return err
	}
	if a.first, a.created, err = a.access.bootstrap(ctx, a.platform); err != nil {
		return err
	}
	if err := a.access.provider.EnsureKeys(ctx, provider.ES256); err != nil {
		return err
	}
	if err := a.access.provider.Announce(ctx); err != nil {
		return err
	}
	if a.fabric, err = newFabric(ctx, a.platform, a.access); err != nil {
		return err
	}
	if a.delivery, err = newDelivery(ctx, a.platform, a.access, a.fabric); err != nil {
		return err
	}
	clouds, err := newKeyVaults(a.platform, a.access, a.delivery)
	if err != nil {
		return err
	}
	a.vaults = newVaultSync(a.platform, a.access, a.fabric, a.delivery, clouds)
	a.vaultCertificates = newVaultCertificates(a.platform, a.access, a.fabric, a.delivery, clouds)
	a.vaults.Moved = a.vaultCertificates.Moved
	if err := identityKeys(ctx, a.access.provider, a.delivery.stages); err != nil {
		return err
	}
	a.apis = newAPIs(a.platform, a.access, a.fabric, a.delivery)
	a.delivery.apis, a.access.runEnds.apis = a.apis, a.apis
	a.followed = newFollowed(a.platform, a.access, a.delivery, a.apis)
	a.acme = newACME(a.platform, a.access, a.fabric, a.delivery)
	a.keys = newKeys(a.platform, a.access, a.delivery)
	a.exports = newExports(a.platform, a.access, a.delivery, a.fabric)
	a.shipped = newShipped(a.platform, a.access, a.delivery)
	a.delivery.stageSets.Changed, a.access.tenants.Shipped, a.delivery.modules.Ready = a.shipped.changed, a.shipped, a.shipped
	a.introduce()
	queue := a.delivery.queue
	if err := a.platform.db.Redoable(ctx, func() error { return queue.Migrate(ctx) }); err != nil {
		return err
	}
	if a.drift, err = newDrift(a.platform, a.access, a.delivery); err != nil {
		return err
	}
	a.delivery.rules.Drift = looked{a.drift}
	if a.compliance, err = newCompliance(a.platform, a.access, a.delivery); err != nil {
		return err
	}
	if a.identities, err = newWorkloadAPI(a.platform, a.fabric); err != nil {
		return err
	}
	if a.local, err = newLocal(a.platform, a.access, a.fabric, a.delivery, a.identities); err != nil {
		return err
	}
	a.delivery.runs.Serving = sharing{a.local}
	a.departures = newDeparture(a.platform, a.access, a.delivery, a.keys, a.fabric, a.exports, a.local)
	a.costs, a.maturity, err = newPaid(a.platform, a.access, a.fabric, a.delivery, a.local)
	return err
}

// introduce tells rooms which places there are, and what of other rooms they ask.
func (a *App) introduce() {
	a.access.identity.Stages, a.access.trusts.Stages = knownStages{a.delivery.stages}, knownStages{a.delivery.stages}
	a.fabric.gateway.Stages, a.fabric.products.Stages = knownStages{a.delivery.stages}, knownStages{a.delivery.stages}
	a.fabric.domains.Gateway = a.fabric.gateway
	a.fabric.domains.Places = places{a.access.tenants, a.delivery.stages}
	a.fabric.topics.Places = places{a.access.tenants, a.delivery.stages}
	a.fabric.pki.Places = places{a.access.tenants, a.delivery.stages}
	a.fabric.dns.Places = places{a.access.tenants, a.delivery.stages}
	a.fabric.dns.Names = acmeNames{a.access.tenants, a.fabric.pki}
	a.fabric.mesh.Clusters, a.fabric.mesh.Workloads = a.delivery.clusters, a.delivery.runs
	a.fabric.dns.Deployed, a.access.runEnds.names = deployedEndpoints{a.delivery.states}, a.fabric.dns
	a.fabric.mesh.Stages, a.fabric.graph.Stages, a.fabric.sidecars.Stages = knownStages{a.delivery.stages}, knownStages{a.delivery.stages}, knownStages{a.delivery.stages}
	a.fabric.traffic.Stages = knownStages{a.delivery.stages}
	a.fabric.tail.Stages = knownStages{a.delivery.stages}
	a.fabric.slos.Stages = knownStages{a.delivery.stages}
	a.fabric.secrets.Stages, a.fabric.subscriptions.Stages = knownStages{a.delivery.stages}, knownStages{a.delivery.stages}
}

// Start opens the listeners, brings workloads back and takes up the runs that a
// former process left.
func (a *App) Start(ctx context.Context) (err error) {
	defer func() { err = whichPort(err, a.platform.config) }()
	if a.platform.azureSim != nil {
		if err := a.platform.azureSim.Start(ctx); err != nil {
			return err
		}
	}
	system := kernel.WithActor(ctx, kernel.System("start", a.platform.config.Tenant))
	if err := a.shipped.Ready(system, a.platform.config.Tenant); err != nil { // the others get it once there is a server
		return err
	}
	if err := a.fabric.load(ctx, a.platform); err != nil {
		return err
	}
	if err := a.fabric.listen(ctx, a.platform, sharing{a.local}); err != nil {
		return err
	}
	if a.server, err = httpserver.Listen(ctx, a.platform.config.Listen, a.handler(), a.platform.log); err != nil {
		return err
	}
	if err := a.startWorkloads(ctx); err != nil {
		return err
	}
	if err := a.delivery.queue.Start(ctx, a.delivery.runs); err != nil {
		return err
	}
	a.fabric.loops(a.loops, a.platform, a.access.events)
	a.access.loops(a.loops)
	a.loops.Add("meshes of clusters", newClusterMesh(a).Run)
	a.tend()
	a.loops.Add("key vaults", a.vaults.Watch)
	a.loops.Add("certificates in key vaults", a.vaultCertificates.Watch)
	a.loops.Add("keys", a.keys.Watch)
	a.loops.Every("departures", 10*time.Second, a.departures.Round)
	a.loops.Add("what is shipped", a.shipped.Watch)
	a.loops.Every("stages", stageLook, a.delivery.stageSets.Follow)
	a.loops.Add("runs", a.delivery.runs.Watch)
	a.loops.Add("logs of runs", a.delivery.logLeaks.Watch)
	a.loops.Every("logs of services", serviceLogs, a.delivery.said.Round)
	a.loops.Add("verifications", a.delivery.runs.Verifications)
	a.loops.Add("rules", a.delivery.rules.Watch)
	a.loops.Add("actions of rules", a.delivery.rules.Work)
	a.loops.Every("rule sweep", time.Minute, a.delivery.rules.Sweep)
	a.loops.Add("repositories", a.delivery.repositories.Watch)
	a.loops.Add("leaks in repositories", a.delivery.leaks.Watch)
	a.loops.Add("builds", a.delivery.builds.Watch)
	a.loops.Every("build sweep", time.Hour, a.delivery.builds.Sweep)
	a.loops.Add("sources", a.delivery.sources.Watch)
	a.loops.Add("configurations", a.delivery.configs.Watch)
	a.loops.Add("news of configurations", configNews{a.access.events, a.delivery.configs}.Run)
	a.loops.Every("webhook sweep", time.Hour, a.delivery.repositories.Sweep)
	a.loops.Add("promotions", a.delivery.runs.Promotions)
	a.loops.Add("drift", a.drift.Watch)
	a.loops.Every("lifetimes", lifetimeLook, a.delivery.lifetimes.Sweep)
	a.loops.Every("budgets", time.Minute, a.delivery.budgets.Sweep)
	a.loops.Add("compliance", a.compliance.Watch)
	a.loops.Every("compliance sweep", time.Hour, a.compliance.Sweep)
	a.loops.Every("exemptions", time.Minute, a.delivery.policy.Sweep)
	a.loops.Every("cost sweep", time.Minute, a.costs.Sweep)
	if a.delivery.policies.Change() {
		a.loops.Every("policies", live.Every, a.delivery.policies.Follow)
	}
	a.loops.Add("policy levels", a.delivery.warnOfLevels(a.platform.log))
	a.moveAway()
	a.loops.Start(context.WithoutCancel(ctx))
	if err := a.writeSignIn(ctx, a.first, a.created); err != nil {
		return err
	}
	a.ready.Store(true)
	return nil
}

// startWorkloads brings workloads back, once they can ask who they are and how calls go.
func (a *App) startWorkloads(ctx context.Context) error {
	if err := a.identities.listen(ctx, a.platform); err != nil {
		return err
	}
	if err := a.controlPlane.listen(ctx, a.platform, a.fabric, a.local); err != nil {
		return err
	}
	return a.local.Start(ctx)
}

// tend adds what looks after data services of this machine, and certificates that programs
// order.
func (a *App) tend() {
	a.loops.Every("backups of caches and databases", 10*time.Minute, a.local.BackUpDue)
	a.loops.Every("passwords of caches and databases", 10*time.Minute, a.local.TendCredentials)
	a.identities.loops(a.loops)
	a.controlPlane.loops(a.loops)
	a.loops.Every("upstream sweep", time.Hour, a.access.upstreams.Sweep)
	a.loops.Add("ACME challenges", a.acme.Work)
	a.loops.Every("ACME sweep", time.Hour, a.acme.Sweep)
}

// moveAway adds what moves away or removes what is not needed any longer where it is.
func (a *App) moveAway() {
	a.loops.Every("logs of runs to hand on", runlog.RoundEvery, a.delivery.logs.Round)
	a.loops.Every("logs of runs to remove", time.Hour, a.delivery.logs.Expire)
	a.loops.Add("blob sweep", a.platform.sweepBlobs(a.started))
	a.loops.Add("fleet sweep", a.delivery.sweepFleet())
	a.loops.Add("state sweep", a.delivery.sweepStates(a.platform.log, a.started))
}

// FirstSignIn returns how the first admin signs in, when no start has told it before.
func (a *App) FirstSignIn() (c identity.Credentials, created bool) { return a.first, a.created }

// SignedIn reports whether the client of this machine needs no sign-in.
func (a *App) SignedIn() bool { return a.signedIn }

// Close ends everything in the opposite order: the runs, which store their state
// through the API and go on after the next start, then the API, then workloads,
// then the floor.
func (a *App) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, closePatience)
	defer cancel()
	var errs []error
	if a.delivery != nil && a.delivery.queue != nil {
		errs = append(errs, a.delivery.queue.Stop(ctx))
		a.delivery.isolation.spawner.Close()
	}
	errs = append(errs, a.loops.Stop(ctx))
	if a.server != nil {
		errs = append(errs, a.server.Close(ctx))
	}
	if a.delivery != nil && a.delivery.logs != nil {
		errs = append(errs, a.delivery.logs.Close(ctx))
	}
	if a.local != nil {
		errs = append(errs, a.local.Close())
	}
	errs = append(errs, a.controlPlane.close(), a.identities.close())
	if a.fabric != nil {
		a.fabric.close(a.platform)
	}
	a.platform.close(ctx)
	return errors.Join(errs...)
}
