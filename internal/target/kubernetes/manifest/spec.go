package manifest

// Spec declares a workload; its fields are the attributes of the resource
// terrace_kubernetes_workload.
type Spec struct {
	Release        string               `json:"release"`
	ReleaseVersion string               `json:"release_version,omitempty"`
	Containers     map[string]Container `json:"containers"`
	Ports          map[string]Port      `json:"ports,omitempty"`
	Routes         map[string]Route     `json:"routes,omitempty"`
	// Claims are the volumes that outlive pods, by name.
	Claims map[string]Claim `json:"claims,omitempty"`
	// Calls name the workloads whose services this one calls.
	Calls        []string          `json:"calls,omitempty"`
	Identity     *Identity         `json:"identity,omitempty"`
	Vault        *Vault            `json:"vault,omitempty"`
	Scaling      Scaling           `json:"scaling"`
	Security     Security          `json:"security"`
	Egress       []string          `json:"egress,omitempty"`
	StartTimeout string            `json:"start_timeout,omitempty"`
	Labels       map[string]string `json:"labels,omitempty"`
	// Manifests is AsRendered in what is declared; what is observed says here
	// how the repository differs.
	Manifests string `json:"manifests,omitempty"`
}

// AsRendered is what a declaration says of the files in the repository.
const AsRendered = "as rendered"

// Container is one container of the pod.
type Container struct {
	Image         string            `json:"image"`
	Command       []string          `json:"command,omitempty"`
	Args          []string          `json:"args,omitempty"`
	Variables     map[string]string `json:"variables,omitempty"`
	Files         map[string]File   `json:"files,omitempty"`
	Volumes       map[string]Mount  `json:"volumes,omitempty"`
	Liveness      *Probe            `json:"liveness,omitempty"`
	Readiness     *Probe            `json:"readiness,omitempty"`
	CPURequest    string            `json:"cpu_request,omitempty"`
	MemoryRequest string            `json:"memory_request,omitempty"`
	CPULimit      string            `json:"cpu_limit,omitempty"`
	MemoryLimit   string            `json:"memory_limit,omitempty"`
	Before        map[string]string `json:"before,omitempty"`
}

// File is a file in a container: text, or bytes in base64.
type File struct {
	Content       *string `json:"content,omitempty"`
	BinaryContent *string `json:"binary_content,omitempty"`
	Mode          string  `json:"mode,omitempty"`
}

// Mount is a volume in a container: a claim, or an empty folder that its
// containers share by its name.
type Mount struct {
	Claim    string `json:"claim,omitempty"`
	Scratch  string `json:"scratch,omitempty"`
	Path     string `json:"path,omitempty"`
	ReadOnly bool   `json:"read_only,omitempty"`
}

// Claim asks the cluster for a volume.
type Claim struct {
	Size       string `json:"size"`
	Class      string `json:"class,omitempty"`
	AccessMode string `json:"access_mode,omitempty"`
}

// Probe asks a container how it is, in one of two ways.
type Probe struct {
	HTTP *HTTPProbe `json:"http,omitempty"`
	Exec []string   `json:"exec,omitempty"`
}

// HTTPProbe is a GET.
type HTTPProbe struct {
	Path    string            `json:"path,omitempty"`
	Port    int32             `json:"port"`
	Scheme  string            `json:"scheme,omitempty"`
	Host    string            `json:"host,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
}

// Port is a port of the workload's service.
type Port struct {
	Port       int32  `json:"port"`
	TargetPort int32  `json:"target_port,omitempty"`
	Protocol   string `json:"protocol,omitempty"`
}

// Target returns the port that the container listens on.
func (p Port) Target() int32 {
	if p.TargetPort != 0 {
		return p.TargetPort
	}
	return p.Port
}

// Route leads from the stage's gateway to a port.
type Route struct {
	// URL is the address that people use; the host of the route is its host.
	URL  string `json:"url"`
	Path string `json:"path,omitempty"`
	Port string `json:"port,omitempty"`
}

// Identity is the cloud identity that the pods act as.
type Identity struct {
	ClientID string `json:"client_id"`
	TenantID string `json:"tenant_id,omitempty"`
}

// Vault is the key vault that the workload's secrets are in.
type Vault struct {
	Name     string `json:"name"`
	TenantID string `json:"tenant_id"`
}

// Scaling says how many pods there are; zero values are the usual ones.
type Scaling struct {
	Min int32 `json:"min,omitempty"`
	Max int32 `json:"max,omitempty"`
	// CPU is the share of the requested CPU, in percent, at which pods are added.
	CPU int32 `json:"cpu,omitempty"`
}

// Security loosens what is strict unless said otherwise.
type Security struct {
	User         int64    `json:"user,omitempty"`
	WritableRoot bool     `json:"writable_root,omitempty"`
	Capabilities []string `json:"capabilities,omitempty"`
}

// Place is where a workload is.
type Place struct {
	Tenant, Project, Stage, Workload string
	Gateway                          Gateway
	// PrivateNetworks are the ranges that pods may call without saying so.
	PrivateNetworks []string
}

// Gateway is the parent of the stage's routes.
type Gateway struct {
	Name, Namespace, Section string
	// Sources are the ranges that a gateway outside the cluster calls from.
	Sources []string
}

// Namespace returns the namespace of a project's workloads in a stage.
func (p Place) Namespace() string { return p.Project + "-" + p.Stage }
