package local

import (
	"encoding/base64"
	"encoding/hex"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local/process"
)

const (
	defaultStartTimeout = time.Minute
	maxStartTimeout     = 30 * time.Minute
)

// serviceSpec declares a service.
type serviceSpec struct {
	Release        string                   `json:"release,omitempty"`
	ReleaseVersion string                   `json:"release_version,omitempty"`
	StartTimeout   string                   `json:"start_timeout,omitempty"`
	Containers     map[string]containerSpec `json:"containers"`
	Ports          map[string]portSpec      `json:"ports,omitempty"`
	// Concealed are values in the declaration that nothing may show that the containers
	// say, each as JSON.
	Concealed []string `json:"concealed,omitempty"`
}

type containerSpec struct {
	Artifact    string                `json:"artifact"`
	Command     []string              `json:"command,omitempty"`
	Args        []string              `json:"args,omitempty"`
	Variables   map[string]string     `json:"variables,omitempty"`
	Files       map[string]fileSpec   `json:"files,omitempty"`
	Volumes     map[string]volumeSpec `json:"volumes,omitempty"`
	Liveness    *probeSpec            `json:"liveness,omitempty"`
	Readiness   *probeSpec            `json:"readiness,omitempty"`
	CPULimit    string                `json:"cpu_limit,omitempty"`
	MemoryLimit string                `json:"memory_limit,omitempty"`
	Before      map[string]string     `json:"before,omitempty"`
}

type fileSpec struct {
	Content       *string `json:"content,omitempty"`
	BinaryContent *string `json:"binary_content,omitempty"`
	Mode          string  `json:"mode,omitempty"`
}

type volumeSpec struct {
	Source   string `json:"source"`
	ReadOnly bool   `json:"read_only,omitempty"`
}

type probeSpec struct {
	HTTP *httpProbeSpec `json:"http,omitempty"`
	Exec []string       `json:"exec,omitempty"`
}

type httpProbeSpec struct {
	Path    string            `json:"path,omitempty"`
	Port    int               `json:"port,omitempty"`
	Scheme  string            `json:"scheme,omitempty"`
	Host    string            `json:"host,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
}

type portSpec struct {
	Port       int    `json:"port"`
	TargetPort int    `json:"target_port,omitempty"`
	Protocol   string `json:"protocol,omitempty"`
	Fixed      bool   `json:"fixed,omitempty"`
}

// target returns the port as the process knows it.
func (p portSpec) target() int {
	if p.TargetPort != 0 {
		return p.TargetPort
	}
	return p.Port
}

func (p portSpec) isUDP() bool { return p.Protocol == "UDP" }

// startTimeout returns how long a start may take.
func (s *serviceSpec) startTimeout() time.Duration {
	d, err := time.ParseDuration(s.StartTimeout)
	if err != nil {
		return defaultStartTimeout
	}
	return d
}

// portNames returns the names of the ports, that of the lowest port first.
func (s *serviceSpec) portNames() []string {
	names := slices.Sorted(maps.Keys(s.Ports))
	slices.SortStableFunc(names, func(a, b string) int { return s.Ports[a].Port - s.Ports[b].Port })
	return names
}

// isFixed reports whether a port of the service cannot be moved, so that two
// versions of it cannot run at once.
func (s *serviceSpec) isFixed() bool {
	for _, p := range s.Ports {
		if p.Fixed {
			return true
		}
	}
	return false
}

func (s *serviceSpec) check() (problems []kernel.Problem) {
	if len(s.Containers) == 0 || len(s.Containers) > 16 {
		problems = append(problems, problem("containers", "there are %d; there must be 1 to 16", len(s.Containers)))
	}
	if s.StartTimeout != "" {
		if d, err := time.ParseDuration(s.StartTimeout); err != nil || d <= 0 || d > maxStartTimeout {
			problems = append(problems, problem("start_timeout", "%q is no duration up to %s", s.StartTimeout, maxStartTimeout))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Containers)) {
		c := s.Containers[name]
		if !isName(name) {
			problems = append(problems, problem("containers", "%q is no name of a container", name))
		}
		problems = append(problems, c.check("containers."+name, s.Containers)...)
	}
	problems = append(problems, s.checkPorts()...)
	if _, err := s.concealed(); err != nil {
		problems = append(problems, problem("concealed", "a value is no JSON"))
	}
	if cycle := beforeCycle(s.Containers); cycle != nil {
		problems = append(problems, problem("containers", "they wait for each other: %s", strings.Join(cycle, " → ")))
	}
	return problems
}

func (s *serviceSpec) checkPorts() (problems []kernel.Problem) {
	for _, name := range slices.Sorted(maps.Keys(s.Ports)) {
		p, at := s.Ports[name], "ports."+name
		if p.Port < 1 || p.Port > 65535 || p.TargetPort < 0 || p.TargetPort > 65535 {
			problems = append(problems, problem(at, "a port must be between 1 and 65535"))
		}
		if p.Protocol != "" && p.Protocol != "TCP" && p.Protocol != "UDP" {
			problems = append(problems, problem(at+".protocol", "%q is neither TCP nor UDP", p.Protocol))
		}
	}
	return problems
}

func (c containerSpec) check(at string, all map[string]containerSpec) (problems []kernel.Problem) {
	add := func(path, format string, args ...any) {
		problems = append(problems, problem(at+path, format, args...))
	}
	if !isDigest(c.Artifact) {
		add(".artifact", "%q is no digest of a bundle (sha256:…)", c.Artifact)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Variables)) {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.Contains(c.Variables[name], "\x00") {
			add(".variables", "%q cannot be a variable of the environment", name)
		}
	}
	for other, condition := range c.Before {
		if _, ok := all[other]; !ok {
			add(".before", "there is no container %q", other)
		}
		if !slices.Contains([]string{whenStarted, whenHealthy, whenComplete}, condition) {
			add(".before."+other, "%q is none of started, healthy and complete", condition)
		}
	}
	if _, err := c.limits(); err != nil {
		add("", "%s", err)
	}
	for name, f := range c.Files {
		problems = append(problems, f.check(at+".files["+name+"]", name)...)
	}
	for name, v := range c.Volumes {
		if inside(name) == "" || v.Source == "" {
			add(".volumes["+name+"]", "the path and the source must name folders")
		}
	}
	return problems
}

func (f fileSpec) check(at, name string) (problems []kernel.Problem) {
	if inside(name) == "" {
		problems = append(problems, problem(at, "the path names no file beneath the container's root"))
	}
	if (f.Content == nil) == (f.BinaryContent == nil) {
		problems = append(problems, problem(at, "exactly one of content and binary_content is needed"))
	}
	if f.BinaryContent != nil {
		if _, err := base64.StdEncoding.DecodeString(*f.BinaryContent); err != nil {
			problems = append(problems, problem(at+".binary_content", "it is not base64"))
		}
	}
	if _, err := f.mode(); err != nil {
		problems = append(problems, problem(at+".mode", "%q is no octal mode such as 0644", f.Mode))
	}
	return problems
}

// mode returns the file's permission bits.
func (f fileSpec) mode() (uint32, error) {
	if f.Mode == "" {
		return 0o644, nil
	}
	m, err := strconv.ParseUint(f.Mode, 8, 32)
	if err != nil || m > 0o777 {
		return 0, strconv.ErrRange
	}
	return uint32(m), nil
}

// inside returns a path relative to the container's root, "" when it names the
// root itself or leaves it.
func inside(p string) string {
	for segment := range strings.SplitSeq(p, "/") {
		if segment == ".." {
			return ""
		}
	}
	return strings.TrimPrefix(path.Clean("/"+p), "/")
}

func isDigest(s string) bool {
	hexPart, ok := strings.CutPrefix(s, "sha256:")
	b, err := hex.DecodeString(hexPart)
	return ok && err == nil && len(b) == 32
}

// limits returns what the process may use.
func (c containerSpec) limits() (process.Limits, error) {
	cpus, err := parseCPUs(c.CPULimit)
	if err != nil {
		return process.Limits{}, err
	}
	memory, err := parseMemory(c.MemoryLimit)
	return process.Limits{CPUs: cpus, Memory: memory}, err
}
