// Package workload reads what a developer wrote: a Score v1b1 file.
//
// It owns the meaning of that file: its rules, its placeholders, its canonical
// form, and the place of every mistake in it. It does not know which module
// serves a resource (delivery/graph does), nor how a container is run, and it
// reads no file by itself, so that the client can link it.
package workload

import (
	"maps"
	"slices"
)

// APIVersion is the one version of the specification that is read.
const APIVersion = "score.dev/v1b1"

// DefaultClass is the class of a resource that names none.
const DefaultClass = "default"

// Workload is a Score file that keeps all rules of the specification.
type Workload struct {
	// Name is metadata.name, an RFC 1123 label of 2 to 63 characters.
	Name string
	// Metadata is all of metadata, with name, annotations and the extra keys.
	Metadata map[string]any
	// Annotations are metadata.annotations, never nil.
	Annotations map[string]string
	Service     Service
	// Containers has at least one entry.
	Containers map[string]Container
	Resources  map[string]Resource
	// Outputs are metadata.outputs: what the workload publishes, by name.
	Outputs map[string]Output
}

// Position is a place in a file; lines and columns count from 1.
type Position struct {
	File         string
	Line, Column int
}

// Service is what the workload offers to others.
type Service struct {
	Ports map[string]Port
}

// The transport protocols of a port.
const (
	TCP = "TCP"
	UDP = "UDP"
)

// Port is one published port, with its defaults filled in.
type Port struct {
	Port int
	// TargetPort is where the container listens; the same as Port when the file names none.
	TargetPort int
	// Protocol is TCP or UDP.
	Protocol string
	At       Position
}

// Container is one process of the workload.
type Container struct {
	Name string
	// Image names the image; "." is what the client builds from the folder of the file.
	Image string
	// Command and Args are passed as they are: Score has no placeholders there.
	Command, Args []string
	Variables     map[string]Template
	// Files and Volumes are keyed by their target path.
	Files   map[string]File
	Volumes map[string]Volume
	// Before names the containers that wait for this one, each with what this
	// one must have reached before it starts.
	Before         map[string]Condition
	Resources      Compute
	LivenessProbe  *Probe
	ReadinessProbe *Probe
	At             Position
}

// Condition is what a container must have reached before another starts.
type Condition string

// The conditions.
const (
	Started  Condition = "started"
	Healthy  Condition = "healthy"
	Complete Condition = "complete"
)

// File is a file in a container. It has exactly one of Source, Binary and
// Content: Content counts when Source is empty and Binary is nil.
type File struct {
	Target string
	// Mode is four octal digits, such as 0600, or empty.
	Mode string
	// Source is a path on the developer's machine; see Inline.
	Source string
	// Content is a single literal when NoExpand is set.
	Content  Template
	Binary   []byte
	NoExpand bool
	At       Position
}

// Volume is a volume mounted in a container.
type Volume struct {
	Target string
	// Source is the volume. ${resources.x} alone means the output source of x.
	Source   Template
	Path     string
	ReadOnly bool
	At       Position
}

// Compute is what a container may and does use.
type Compute struct {
	Limits, Requests Quantities
}

// Quantities are amounts as the file wrote them; an empty one was not given.
// See Millicores and Bytes for their values.
type Quantities struct {
	CPU, Memory string
}

// Probe asks a container how it is. At least one of the two is set.
type Probe struct {
	HTTP *HTTPProbe
	// Exec is a command with its arguments; exit status 0 is good.
	Exec []string
}

// HTTPProbe asks over HTTP; any status from 200 to 399 is good.
type HTTPProbe struct {
	// Scheme is HTTP or HTTPS.
	Scheme, Host, Path string
	Port               int
	Headers            []Header
}

// Header is one HTTP header.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Resource is something that the workload needs.
type Resource struct {
	Name, Type string
	// Class is never empty, see DefaultClass.
	Class string
	// ID is set on a resource that is shared: the same type, class and id in
	// two workloads is the same resource.
	ID          string
	Metadata    map[string]any
	Annotations map[string]string
	// Params are the parameters: nil, bool, int64, float64, string, []any and
	// map[string]any, and a Template where a string refers to a resource.
	Params map[string]any
	// Producer is set on a resource that stands for another workload's outputs.
	Producer *Producer
	At       Position

	raw any // the params as written, for the canonical form
}

// ContainerNames returns the names of the containers, sorted.
func (w *Workload) ContainerNames() []string { return slices.Sorted(maps.Keys(w.Containers)) }

// ResourceNames returns the names of the resources, sorted.
func (w *Workload) ResourceNames() []string { return slices.Sorted(maps.Keys(w.Resources)) }

// PortNames returns the names of the service's ports, sorted.
func (w *Workload) PortNames() []string { return slices.Sorted(maps.Keys(w.Service.Ports)) }

// Sources returns the paths of the files that are still to be read, sorted and
// each once.
func (w *Workload) Sources() []string {
	set := map[string]bool{}
	for _, c := range w.Containers {
		for _, f := range c.Files {
			if f.Source != "" {
				set[f.Source] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}
