package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/delivery/automation"
	"github.com/terrace-idp/terrace/internal/delivery/build"
	"github.com/terrace-idp/terrace/internal/delivery/build/buildexec"
	"github.com/terrace-idp/terrace/internal/delivery/fleet"
	"github.com/terrace-idp/terrace/internal/delivery/impact"
	"github.com/terrace-idp/terrace/internal/delivery/landingzone"
	"github.com/terrace-idp/terrace/internal/delivery/landingzone/landingzonesql"
	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/delivery/module/modulesql"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/release/releasesql"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/rungate"
	"github.com/terrace-idp/terrace/internal/delivery/run/runjobs"
	"github.com/terrace-idp/terrace/internal/delivery/run/runlog"
	"github.com/terrace-idp/terrace/internal/delivery/run/runplan"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/run/runverify"
	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/delivery/source"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/stage/stagesql"
	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/delivery/state/statesql"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	dynconfig "github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/leak/leaklog"
	"github.com/terrace-idp/terrace/internal/governance/leak/leakplan"
	"github.com/terrace-idp/terrace/internal/governance/leak/leakvcs"
	"github.com/terrace-idp/terrace/internal/governance/lifetime"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/live"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
	"github.com/terrace-idp/terrace/internal/target/kubernetes"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/registry"
)

// ProviderVersion is the version of the Terraform provider of this build.
const ProviderVersion = "0.1.0"

// remoteAtOnce is how many runs of remote runners one process looks after at most.
const remoteAtOnce = 200

// delivery is the way of a change.
type delivery struct {
	stages *stage.Set
	// stageSets keeps the stages and changes them.
	stageSets *stage.Service
	modules   *module.Service
	releases  *release.Service
	zones     *landingzone.Service
	states    *state.Service
	tool      runner.Tool
	// lock is the lock file for Terrace's own provider.
	lock []byte
	// isolation is how the runs are kept from what is not theirs.
	isolation isolation
	queue     *runjobs.Queue
	runs      *run.Service
	logs      *runlog.Logs
	fleet     *fleet.Service
	clusters  *kubernetes.Service
	impact    *impact.Service
	// rules act on events.
	rules *automation.Service
	// builder compiles what repositories have, builds what of it sources need.
	builder *buildexec.Builder
	builds  *build.Service
	// repositories are those that changes come from.
	repositories *vcs.Service
	// sources are those of them that are the truth.
	sources *source.Service
	// configs are the configuration of projects, in repositories as well.
	configs *dynconfig.Service
	// policies are what plans are held against.
	policies *live.Sets
	// policy says what they mean at a place.
	policy *policy.Service
	// costs tell what plans cost.
	costs *estimates
	// budgets bound what they add.
	budgets *budget.Service
	// leaks look through repositories.
	leaks *leakvcs.Watcher
	// lifetimes end what was deployed for a while.
	lifetimes *lifetime.Service
	// planLeaks look through plans and states for leaked values, logLeaks through logs of
	// runs, and said through what services say.
	planLeaks *planLeaks
	logLeaks  *leaklog.Watcher
	said      *leaklog.Services
	// vaults keep the secrets of stages in key vaults.
	vaults *vaultsync.Service
	// apis are what workloads serve.
	apis *apispec.Service
	// putBack tells runs what they put back.
	putBack putBack
	// planes have documents of the gateway obeyed elsewhere.
	planes *gatewayPlanes
}

func newDelivery(ctx context.Context, p *platform, a *access, f *fabric) (d *delivery, err error) {
	d = &delivery{}
	if d.stages, err = stage.NewSet(p.config.Stages); err != nil {
		return nil, err
	}
	runStore := runsql.NewStore(p.db)
	d.stageSets = newStages(p, a, d.stages, runStore)
	if err := d.stageSets.Load(kernel.WithActor(ctx, kernel.System("start", p.config.Tenant)), p.config.Stages); err != nil {
		return nil, err
	}
	releaseStore := releasesql.NewStore(p.db)
	deployed := &liveDeployments{deployments: runStore, releases: releaseStore, stages: d.stages}
	d.modules = newModules(p, a, deployed, sourceOf{d})
	if d.lock, err = installProvider(p); err != nil {
		return nil, err
	}
	d.releases = release.NewService(release.Config{
		Store: releaseStore, Blobs: p.blobs, Tx: p.db, Authorizer: a.identity, Journal: a.journal,
		Stages: d.stages, Definitions: d.modules, Modules: d.modules, Spool: p.path("spool"),
		Lock: d.lock,
	})
	deployed.graph = d.releases.Graph
	d.zones = &landingzone.Service{
		Secrets: zoneSecrets{f.secrets}, Store: landingzonesql.NewStore(p.db), Stages: knownStages{d.stages}, Authorizer: a.identity, Journal: a.journal, Tx: p.db,
	}
	d.states = state.New(state.Config{
		Store: statesql.NewStore(p.db), Tx: p.db, Blobs: p.blobs, Sealer: p.sealer,
		Journal: a.journal, Authorizer: a.identity, Folder: p.path("unstored-states"),
	})
	d.planes = newGatewayPlanes(p, f, d, deployed)
	d.clusters = newKubernetes(p, d.stages, runStore, f.mesh)
	d.costs, d.budgets = newEstimates(p), newBudgets(p, a, d.stages, runStore)
	if d.policies, err = newPolicies(p); err != nil {
		return nil, err
	}
	d.policy = newPolicy(p, a, d.policies, d.stages)
	d.planLeaks = &planLeaks{leakplan.Look{Leaks: f.leaks, Rights: a.identity}}
	if err := d.buildRuns(ctx, p, a, f, runStore); err != nil {
		return nil, err
	}
	d.logLeaks, d.said = newLogLeaks(p, f, d), &leaklog.Services{Leaks: f.leaks, Log: p.log}
	a.runEnds.logs = d.logLeaks
	d.states.Fences, d.fleet.Fences, d.planes.runs = d.runs, d.runs, d.runs
	d.lifetimes = newLifetimes(p, a, d, runStore)
	d.policy.Runs, d.policy.Documents = policyRuns{d.runs, a.tenants}, offered{newApplied(p, d), d.costs, d.planLeaks}
	d.budgets.Runs = budgetRuns{d.runs, a.tenants}
	d.impact = newImpact(d, releaseStore, runStore)
	if d.builder, err = newBuilder(p, d); err != nil {
		return nil, err
	}
	d.repositories = newRepositories(p, a, f, d)
	d.rules = newRules(p, a, f, d)
	d.builds = newBuilds(p, a, d)
	d.sources = newSources(p, a, f, d)
	d.builds.Listeners = append(d.builds.Listeners, d.sources)
	d.repositories.Listeners, d.repositories.Reviewers = append(d.repositories.Listeners, d.sources), append(d.repositories.Reviewers, d.sources)
	d.configs = newConfigs(p, a, f, d, runStore)
	d.repositories.Listeners, d.repositories.Reviewers = append(d.repositories.Listeners, d.configs), append(d.repositories.Reviewers, d.configs)
	d.leaks = newLeakWatch(p, f, d)
	return d, nil
}

// looksAfter is how many runs of remote runners this process may look after now: none
// as long as no stage has any.
func (d *delivery) looksAfter() int {
	if slices.ContainsFunc(d.stages.All(), stage.Stage.Remote) {
		return remoteAtOnce
	}
	return 0
}

func newStages(p *platform, a *access, set *stage.Set, runs *runsql.Store) *stage.Service {
	return stage.NewService(stage.Config{
		Set: set, Store: stagesql.NewStore(p.db), Tx: p.db, Journal: a.journal, Authorizer: a.identity, Uses: runs,
		Tenant: p.config.Tenant, Log: p.log,
	})
}

func newModules(p *platform, a *access, live *liveDeployments, owners sourceOf) *module.Service {
	store := modulesql.NewStore(p.db)
	return module.NewService(module.Deps{
		Versions: store.Versions(), Definitions: store.Definitions(), Shipped: store.Shipped(), Blobs: p.blobs,
		Authorizer: a.identity, Journal: a.journal, Tx: p.db, Live: live, Owners: owners,
		Listed: keptDefinitions(p.kept),
	})
}

func (d *delivery) buildRuns(ctx context.Context, p *platform, a *access, f *fabric, store *runsql.Store) (err error) {
	d.tool, err = runner.Find(ctx, runner.Options{
		Path: p.config.Terraform, DataDir: p.config.DataDir, Progress: func(line string) { p.log.InfoContext(ctx, line) },
	})
	if err != nil {
		return err
	}
	if err := runner.Sweep(ctx, p.config.DataDir, leftovers{d.states, p.log}.keep); err != nil {
		return err
	}
	if d.queue, err = runjobs.New(p.db, runjobs.Config{Concurrency: p.config.Concurrency, Others: d.looksAfter, Log: p.log}); err != nil {
		return err
	}
	if d.logs, err = newRunLogs(p, f, store); err != nil {
		return err
	}
	if d.isolation, err = newIsolation(ctx, p.config.Isolation, runner.ProviderProgram(p.config.DataDir, ProviderVersion), p.config.DataDir, p.log); err != nil {
		return err
	}
	execute := runner.New(runner.Config{
		Tool: d.tool, DataDir: p.config.DataDir, Address: p.address(), Mirror: p.config.ProviderMirror, Grace: runGrace, Logger: p.log,
		Limits: limitsOfAll(p.config), Isolated: d.isolation.on, Helper: d.isolation.helper, Spawner: d.isolation.spawner,
		Hidden: func() []string { return hidden(p.config, d.stages.All(), p.environ) },
		Keep:   d.states.Keep,
	})
	checks, err := runverify.New(runverify.Config{
		Gateway: p.config.Gateway, Trust: f.certificates.trusting(), RootFile: f.pki.RootPath(), Folder: p.path("checks"), Environ: p.environ,
	})
	if err != nil {
		return err
	}
	d.states.Editor = execute
	d.fleet = newFleet(p, a, d, d.logs)
	d.runs, err = run.NewService(run.Deps{
		Tx: p.db, Store: store, Authorizer: a.identity, Roles: roles{a.identity}, Journal: a.journal, Jobs: d.queue,
		Releases: d.releases, Catalog: d.modules, Stages: d.stages, Projects: projects{a.tenants}, Renderer: renderer{d.releases, d.lock}, Zones: zones{d.zones, d.planes},
		Planner: dispatcher{planner{execute, environments{p.environ, p.azureSim}}, d.fleet}, Fleet: fleetOf{d.fleet}, Tenants: a.tenants, Tokens: runTokens{p.runTokens}, State: runStates{d.states},
		Plans: runplan.New(p.sealer, p.blobs), Logs: d.logs,
		Verifier: checks,
		Images:   registry.Resolver{Log: p.log}, Manifests: manifests{d.clusters},
		Concurrency: p.config.Concurrency, Quotas: a.quotas,
		Trifling: trifling, Owners: sourceOf{d}, Secrets: runSecrets{f.secrets, d},
		Gates: []run.Gate{rungate.Tags{}, rungate.Images{}, rungate.Secrets{Known: runSecrets{f.secrets, d}, Definitions: d.modules, Configs: gateConfigs{d}}, gatewayGate{d.planes}, &d.putBack, costGate{d.costs, p.config.Assignments()}, policyGate{d.policy, d.costs, d.planLeaks}, budgetGate{d.budgets, d.costs}, apiGate{d}}, Exemptions: exemptions{d.policy}, Log: p.log, Node: p.config.Node,
		Alone: p.alone(),
	})
	if err == nil {
		d.logs.Executes = d.runs.Carries
	}
	return err
}

// alone reports whether no other process has the same database.
func (p *platform) alone() bool { return p.db.Dialect() == db.SQLite }

func newRunLogs(p *platform, f *fabric, store *runsql.Store) (*runlog.Logs, error) {
	return runlog.New(runlog.Config{
		Folder: p.path("logs"), Sealer: p.sealer, Blobs: p.blobs, Index: logIndex{store, p.db, f.leaks}, Node: p.config.Node, Alone: p.alone(),
		Keep: time.Duration(p.config.RunLogKeep), Log: p.log,
	})
}

// sweepStates removes the contents of states that processes before this one
// left without a record.
func (d *delivery) sweepStates(log *slog.Logger, started time.Time) supervise.Loop {
	return func(ctx context.Context) error {
		removed, err := d.states.Sweep(ctx, started)
		if removed > 0 {
			log.InfoContext(ctx, "removed contents of states that a former process left without a record", "count", removed)
		}
		return err
	}
}

// installProvider puts the provider's program, which lies beside this one,
// into the mirror and returns the lock file that pins it.
func installProvider(p *platform) ([]byte, error) {
	binary, err := p.provider()
	if err != nil {
		return nil, err
	}
	return runner.InstallProvider(p.config.DataDir, binary, ProviderVersion)
}

// provider returns the path of the provider's program.
func (p *platform) provider() (string, error) {
	if p.config.Provider != "" {
		return p.config.Provider, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find the provider: %w", err)
	}
	return filepath.Join(filepath.Dir(self), "terraform-provider-terrace"), nil
}
