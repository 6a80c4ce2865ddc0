package local

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local/process"
)

// Config is what a Service needs. Every port must be there but Clusters, Certificates and Backups.
type Config struct {
	// Dir is the folder of the local target's files; it is made when missing.
	Dir string

	Store      Store
	Tx         Tx
	Journal    Journal
	Authorizer Authorizer
	// Places is asked about what people name; nil knows of all.
	Places    Places
	Fences    Fences
	Artifacts Artifacts
	Secrets   Secrets
	DNS       DNS
	Gateway   Gateway
	Topics    Topics
	Configs   ConfigAccess
	Documents Documents
	// Certificates are those of caches and databases, and CAFile has the authority for their
	// clients; nil has them without TLS.
	Certificates Certificates
	CAFile       string
	// Clusters are where workloads of the runtime kubernetes go; nil where no stage has it.
	Clusters Clusters

	// Rollouts say in which steps releases take over, and Answers how both do meanwhile; nil has
	// them take over at once. RolloutLook is how often that is looked at; 0 is each second.
	Rollouts    Rollouts
	Answers     Answers
	RolloutLook time.Duration
	// Approvals are asked before somebody leaves steps out; nil lets everybody who may approve.
	Approvals Approvals

	// WorkloadAPI is the path of the socket at which services ask who they are (SPIFFE Workload
	// API), "" where there is none; nil has none.
	WorkloadAPI func() string

	// Said is told each line that a service writes into its log; nil is nobody.
	Said func(scope kernel.Scope, service, container, line string)

	Log   *slog.Logger
	Clock kernel.Clock
	// Zone is the parent of all names; "" is localhost.
	Zone string
	// Timing is the rhythm of supervision; its zero value is the usual one.
	Timing process.Timing
	// CredentialLife is how old a password of a cache or a database becomes before it is
	// rotated; 0 is without an end.
	CredentialLife time.Duration
	// Backups keeps backups; nil keeps none. BackupEvery is how often each cache and database
	// has one made, 0 for never, and BackupsKept how many of each stay.
	Backups     Backups
	BackupEvery time.Duration
	BackupsKept int
	// LogSize bounds a service's log file in bytes; 0 is 8 MiB. One older file is kept.
	LogSize int64
}

// Service keeps the objects and runs what is behind them.
type Service struct {
	config   Config
	planes   map[Kind]plane
	locks    *keyedLocks
	launcher *process.Launcher
	services *servicePlane
	settled  settled

	ctx        context.Context //nolint:containedctx // the life of the background work, ended by Close
	cancel     context.CancelFunc
	background sync.WaitGroup
}

// New returns a Service on its files. Nothing runs before Start; Close it in any case.
func New(c Config) (*Service, error) {
	if c.Zone == "" {
		c.Zone = "localhost"
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	marker, err := prepare(c.Dir)
	if err != nil {
		return nil, err
	}
	if killed := process.Sweep(marker); killed > 0 {
		c.Log.Warn("stopped processes that an earlier daemon left behind", "count", killed)
	}
	launcher, err := process.NewLauncher(marker)
	if err != nil {
		return nil, err
	}
	s := &Service{config: c, locks: newKeyedLocks(), launcher: launcher, settled: settled{versions: map[Key]int{}}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.buildPlanes()
	if err := s.services.bundles.Sweep(); err != nil {
		c.Log.Warn("what is left of unfinished artifacts cannot be removed", "error", err)
	}
	return s, nil
}

func (s *Service) buildPlanes() {
	c := s.config
	ports := newPortPool()
	s.services = newServicePlane(s.ctx, c, s.launcher, ports)
	s.planes = map[Kind]plane{
		DNSRecords:        &dnsPlane{dns: c.DNS, zone: c.Zone},
		Routes:            &routePlane{gateway: c.Gateway},
		SecretsKind:       &secretPlane{secrets: c.Secrets},
		TopicsKind:        &topicPlane{topics: c.Topics, secrets: c.Secrets},
		Configs:           &configPlane{configs: c.Configs, secrets: c.Secrets},
		DocumentDatabases: &documentPlane{documents: c.Documents, secrets: c.Secrets},
		Volumes:           &volumePlane{dir: c.Dir},
		Caches:            newCachePlane(c, s.launcher, ports),
		MySQLDatabases:    newMySQLPlane(c, s.launcher, ports),
		Services:          s.services,
	}
	if c.Clusters != nil {
		s.planes[KubernetesWorkloads] = &clusterPlane{clusters: c.Clusters}
	}
}

// Start brings back everything that is recorded. It returns at once; what
// cannot be brought back is logged and tried again until it can.
func (s *Service) Start(context.Context) error {
	s.background.Go(s.restoreAll)
	return nil
}

// Close stops everything that runs and returns when it is gone. The records
// stay, for the next Start.
func (s *Service) Close() error {
	s.cancel()
	s.background.Wait()
	err := inParallel([]Kind{Services, Caches, MySQLDatabases}, func(k Kind) error { return s.planes[k].close() })
	s.launcher.Close()
	return err
}

// Upstream returns the address of the running version of a service's port, and
// its release. An empty port is the service's only one. It is not ok while no
// version is ready. It waits for nothing.
func (s *Service) Upstream(scope kernel.Scope, service, port string) (addr, release string, ok bool) {
	return s.services.endpoints.lookup(scope, service, port)
}

// Shared is Upstream with the release that is on its way to take over: addr gets a share of new
// requests beside the one before it, weight in percent, 0 where there is none. It waits for
// nothing.
func (s *Service) Shared(scope kernel.Scope, service, port string) (addr, release string, weight int) {
	return s.services.endpoints.shared(scope, service, port)
}

// Serving returns which release of a service serves, and how far another one is on its way to
// take over, which is nil for none. It is not ok where the service does not run here. It waits
// for nothing.
func (s *Service) Serving(scope kernel.Scope, service string) (release string, under *Rollout, ok bool) {
	r, ok := s.services.find(Key{Scope: scope, Kind: Services, Name: service})
	if !ok {
		return "", nil, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.current == nil {
		return "", nil, false
	}
	if r.rollout != nil {
		if at := r.rollout.look(); at.Phase == RolloutProgressing {
			under = &at
		}
	}
	return r.current.spec.Release, under, true
}

// Workload tells for which service a process of this machine runs: it, or one of its ancestors,
// was started for that. It asks the kernel, and waits for nothing.
func (s *Service) Workload(pid int) (scope kernel.Scope, service string, ok bool) {
	owner, _ := s.launcher.Owner(pid)
	k, ok := owner.(Key)
	return k.Scope, k.Name, ok && k.Kind == Services
}

// Ports returns the names and numbers of the ports of a service that runs, none where it does
// not; the empty one is among them where it has a single port. It waits for nothing.
func (s *Service) Ports(scope kernel.Scope, service string) []string {
	return s.services.endpoints.ports(scope, service)
}

// ServiceNames returns the names of the services of a scope that answer somewhere, in order. It
// waits for nothing.
func (s *Service) ServiceNames(scope kernel.Scope) []string {
	return s.services.endpoints.services(scope)
}

// Moved is closed once a service answers elsewhere, or no more.
func (s *Service) Moved() <-chan struct{} { return *s.services.endpoints.moved.Load() }

func (s *Service) plane(kind Kind) (plane, error) {
	p, ok := s.planes[kind]
	if !ok {
		return nil, kernel.Errorf(kernel.NotFound, "there is no kind %q", kind)
	}
	return p, nil
}

const (
	firstRetry = time.Second
	lastRetry  = time.Minute
)

// retry calls try with a growing pause until it succeeds or the Service is closed.
func (s *Service) retry(what string, try func(context.Context) error) {
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		err := try(s.ctx)
		if err == nil || s.ctx.Err() != nil {
			return
		}
		s.config.Log.Error("could not bring back", "object", what, "error", err, "retry_in", wait)
		if !s.pause(wait) {
			return
		}
	}
}

// pause waits; false when the Service is closed meanwhile.
func (s *Service) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-s.ctx.Done():
		return false
	}
}
