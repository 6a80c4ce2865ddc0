package local

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local/logs"
	"github.com/terrace-idp/terrace/internal/target/local/process"
)

// actionRead is what an actor needs to see services and their logs.
const actionRead = "workload.read"

// DefaultLogLines is how many lines of a log are shown unless more are asked for.
const DefaultLogLines = 100

// MaxLogLines bounds them.
const MaxLogLines = 10_000

// ServiceInfo is what people may know of a running service.
type ServiceInfo struct {
	Name           string `json:"name"`
	Stage          string `json:"stage"`
	Release        string `json:"release,omitempty"`
	ReleaseVersion string `json:"releaseVersion,omitempty"`
	// Status is ready, starting or failing.
	Status     string            `json:"status" enum:"ready,starting,failing"`
	Endpoints  map[string]string `json:"endpoints"`
	Containers []ContainerInfo   `json:"containers"`
	// Notes tell what of the declaration is not done on this machine, and what is wrong with the log.
	Notes []string `json:"notes,omitempty"`
}

// ContainerInfo is the state of a container's process.
type ContainerInfo struct {
	Name  string `json:"name"`
	Phase string `json:"phase" enum:"waiting,starting,ready,unready,complete,stopped"`
	PID   int    `json:"pid,omitempty"`
	// Exits counts how often it has ended by itself; LastExit is how.
	Exits    int    `json:"exits"`
	LastExit string `json:"lastExit,omitempty"`
	// Probe is what its probe has found wrong.
	Probe string `json:"probe,omitempty"`
}

const statusStarting = "starting"

// Services lists the services of a stage, or of those stages of a project that the actor
// may see when the scope has none.
func (s *Service) Services(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[ServiceInfo], error) {
	if err := s.config.Authorizer.Authorize(ctx, actionRead, scope); err != nil {
		return kernel.Page[ServiceInfo]{}, err
	}
	within, err := s.config.Authorizer.Allowed(ctx, actionRead, scope)
	if err != nil {
		return kernel.Page[ServiceInfo]{}, err
	}
	objects, err := s.config.Store.List(ctx, scope, Services, within, page)
	if err != nil {
		return kernel.Page[ServiceInfo]{}, err
	}
	out := kernel.Page[ServiceInfo]{Items: make([]ServiceInfo, 0, len(objects.Items)), Next: objects.Next}
	for _, o := range objects.Items {
		info, err := s.services.describe(o)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, info)
	}
	return out, nil
}

func (p *servicePlane) describe(o Object) (ServiceInfo, error) {
	spec, err := decode[serviceSpec](o.Key, o.Spec)
	if err != nil {
		return ServiceInfo{}, err
	}
	info := ServiceInfo{
		Name: o.Name, Stage: o.Scope.Stage, Release: spec.Release, ReleaseVersion: spec.ReleaseVersion,
		Status: statusStarting, Endpoints: recordedEndpoints(&o), Containers: []ContainerInfo{}, Notes: p.notes(spec),
	}
	r, ok := p.find(o.Key)
	if !ok {
		return info, nil
	}
	if err := r.log.Failure(); err != nil {
		info.Notes = append(info.Notes, "its log cannot be written: "+err.Error())
	}
	if i := r.instance(); i != nil {
		info.Status = i.status()
		info.Containers = i.describe()
	}
	return info, nil
}

func (i *instance) status() string {
	switch {
	case i.isReady():
		return statusReady
	case i.isFailing():
		return statusFailing
	default:
		return statusStarting
	}
}

func (i *instance) describe() []ContainerInfo {
	out := make([]ContainerInfo, 0, len(i.containers))
	for _, name := range i.names() {
		s, ok := i.containers[name].state()
		if !ok {
			s.Phase = process.Waiting
		}
		out = append(out, ContainerInfo{
			Name: name, Phase: string(s.Phase), PID: s.PID, Exits: s.Exits, LastExit: s.Last, Probe: s.Probe,
		})
	}
	return out
}

// Logs calls fn with the last lines of a service's log and, with follow, with
// every further one until fn fails, ctx is done or the service ends.
func (s *Service) Logs(ctx context.Context, scope kernel.Scope, service string, lines int, follow bool, fn func(logs.Line) error) error {
	if err := s.config.Authorizer.Authorize(ctx, actionRead, scope); err != nil {
		return err
	}
	k := Key{Scope: scope, Kind: Services, Name: service}
	if err := checkKey(k); err != nil {
		return err
	}
	lines = min(max(lines, 0), MaxLogLines)
	if r, ok := s.services.find(k); ok && follow {
		return r.log.Follow(ctx, lines, fn)
	}
	path, err := s.services.logPath(k)
	if err != nil {
		return err
	}
	last, err := logs.Tail(path, lines)
	if err != nil {
		return diskError("read the log of service "+service, err)
	}
	for _, line := range last {
		if err := fn(line); err != nil {
			return err
		}
	}
	return nil
}
