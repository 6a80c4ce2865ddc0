package manifest

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxConfig bounds the files of a workload together: a ConfigMap holds no more.
const maxConfig = 1 << 20

type checker struct{ problems []kernel.Problem }

func (c *checker) add(path, fix, format string, args ...any) {
	c.problems = append(c.problems, kernel.Problem{Path: path, Message: fmt.Sprintf(format, args...), Fix: fix})
}

var (
	serviceName = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`)
	shortName   = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	variable    = regexp.MustCompile(`^[^=\x00]+$`)
)

// check returns everything that keeps the declaration from being rendered.
func check(p Place, s Spec) []kernel.Problem {
	c := &checker{}
	if !serviceName.MatchString(p.Workload) {
		c.add("metadata.name", "begin the workload's name with a letter", "%q cannot be the name of a Service", p.Workload)
	}
	if ns := p.Namespace(); len(ns) > 63 {
		c.add("metadata.name", "use a shorter name for the project or the stage", "the namespace %s has more than 63 characters", ns)
	}
	if len(s.Containers) == 0 {
		c.add("containers", "add a container", "there is none")
	}
	c.names(s)
	c.secrets(s)
	size := 0
	for _, name := range sorted(s.Containers) {
		c.container("containers."+name, s.Containers[name], s)
		for _, f := range s.Containers[name].Files {
			size += f.size()
		}
	}
	if size > maxConfig {
		c.add("containers", "put large files into the image or a volume", "the files have %d bytes, and a ConfigMap holds %d", size, maxConfig)
	}
	if cycle := beforeCycle(s.Containers); cycle != nil {
		c.add("containers", "remove one of these", "they wait for each other: %s", strings.Join(cycle, " → "))
	}
	c.ports(s)
	c.routes(s)
	c.claims(s)
	c.rest(s)
	return c.problems
}

// names refuses what cannot be the name of an object, of which names of files
// are made: none leads out of the workload's folder.
func (c *checker) names(s Spec) {
	for at, names := range map[string][]string{"containers.": sorted(s.Containers), "resources.": append(sorted(s.Routes), sorted(s.Claims)...)} {
		for _, name := range names {
			if !shortName.MatchString(name) {
				c.add(at+name, "use up to 63 of a-z, 0-9 and -", "%q cannot be a name on Kubernetes", name)
			}
		}
	}
	for _, callee := range s.Calls {
		if callee != Unknown && !serviceName.MatchString(callee) {
			c.add("calls", "correct the params.workload of the resource of type service-port", "%q cannot be the name of a workload", callee)
		}
	}
}

func (c *checker) container(at string, k Container, s Spec) {
	if k.Image == "" {
		c.add(at+".image", "name an image", "it is empty")
	}
	for _, name := range sorted(k.Variables) {
		if !variable.MatchString(name) {
			c.add(at+".variables", "use a name without =", "%q cannot be a variable", name)
		}
		c.references(at+".variables."+name, k.Variables[name])
	}
	for _, target := range sorted(k.Files) {
		c.file(at+".files."+target, target, k.Files[target])
	}
	for _, target := range sorted(k.Volumes) {
		c.mount(at+".volumes."+target, target, k.Volumes[target], s)
	}
	c.probe(at+".livenessProbe", k.Liveness)
	c.probe(at+".readinessProbe", k.Readiness)
	for path, q := range map[string]string{
		".resources.requests.cpu": k.CPURequest, ".resources.limits.cpu": k.CPULimit,
		".resources.requests.memory": k.MemoryRequest, ".resources.limits.memory": k.MemoryLimit,
	} {
		if _, err := resource.ParseQuantity(q); q != "" && err != nil {
			c.add(at+path, "write an amount such as 500m or 256Mi", "%q is no quantity", q)
		}
	}
}

// secrets refuses names that a key vault takes for the same.
func (c *checker) secrets(s Spec) {
	if s.Vault == nil {
		return
	}
	seen := map[string]string{}
	for _, name := range secretsOf(s) {
		low := strings.ToLower(name)
		if other, taken := seen[low]; taken {
			c.add("containers", "give one of them another name", "the secrets %s and %s are the same in a key vault, which does not tell upper from lower case", other, name)
		}
		seen[low] = name
	}
}

func (c *checker) references(at, text string) {
	if _, err := parse(text); err != nil {
		c.add(at, "write ${secret:NAME}", "%v", err)
	}
}

func (c *checker) file(at, target string, f File) {
	if !strings.HasPrefix(target, "/") {
		c.add(at, "write an absolute path", "%q is not absolute: an image has no known working folder", target)
	}
	if (f.Content == nil) == (f.BinaryContent == nil) {
		c.add(at, "give one of them", "exactly one of content and binary_content is needed")
		return
	}
	if f.BinaryContent != nil {
		if _, err := base64.StdEncoding.DecodeString(*f.BinaryContent); err != nil {
			c.add(at, "encode it with standard base64", "the content is not base64")
		}
		return
	}
	parts, err := parse(*f.Content)
	if err != nil {
		c.add(at+".content", "write ${secret:NAME}", "%v", err)
		return
	}
	if parts.hasSecret() && len(parts) > 1 {
		c.add(at+".content", "make the secret the whole content of a file of its own, or put the text into a variable",
			"the text joins secrets with other text, which Kubernetes cannot do in files")
	}
}

func (c *checker) mount(at, target string, m Mount, s Spec) {
	if !strings.HasPrefix(target, "/") {
		c.add(at, "write an absolute path", "%q is not absolute: an image has no known working folder", target)
	}
	if (m.Claim == "") == (m.Scratch == "") {
		c.add(at, "give one of them", "exactly one of claim and scratch is needed")
	}
	if _, ok := s.Claims[m.Claim]; m.Claim != "" && !ok {
		c.add(at, "declare it under claims", "there is no claim %q", m.Claim)
	}
	if m.Scratch != "" && !shortName.MatchString(m.Scratch) {
		c.add(at+".source", "use up to 63 of a-z, 0-9 and -", "%q cannot be the name of a volume", m.Scratch)
	}
}

func (c *checker) probe(at string, p *Probe) {
	if p == nil {
		return
	}
	if (p.HTTP == nil) == (len(p.Exec) == 0) {
		c.add(at, "keep one of them", "a probe of Kubernetes is either httpGet or exec")
	}
}

func (c *checker) ports(s Spec) {
	for _, name := range sorted(s.Ports) {
		p := s.Ports[name]
		if !shortName.MatchString(name) {
			c.add("service.ports."+name, "use up to 63 of a-z, 0-9 and -", "%q cannot be the name of a port", name)
		}
		if p.Port < 1 || p.Port > 65535 || p.Target() < 1 || p.Target() > 65535 {
			c.add("service.ports."+name, "use a number from 1 to 65535", "there is no port %d to %d", p.Port, p.Target())
		}
	}
}

func (c *checker) routes(s Spec) {
	for _, name := range sorted(s.Routes) {
		r, at := s.Routes[name], "resources."+name
		if _, ok := s.port(r.Port); !ok {
			c.add(at+".params.port", "name a port of service.ports", "the service has no port %q", r.Port)
		}
		if u, err := url.Parse(r.URL); (err != nil || u.Hostname() == "") && r.URL != Unknown {
			c.add(at, "give the route a host", "its address %q has no host", r.URL)
		}
		if r.Path != "" && !strings.HasPrefix(r.Path, "/") {
			c.add(at+".params.path", "begin it with /", "%q is no path", r.Path)
		}
	}
}

func (c *checker) claims(s Spec) {
	for _, name := range sorted(s.Claims) {
		k, at := s.Claims[name], "resources."+name
		if _, err := resource.ParseQuantity(k.Size); err != nil {
			c.add(at+".params.size", "write a size such as 1Gi", "%q is no size", k.Size)
		}
		switch k.AccessMode {
		case "", "ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany":
		default:
			c.add(at+".params.accessMode", "use ReadWriteOnce, ReadWriteOncePod, ReadWriteMany or ReadOnlyMany", "%q is not known", k.AccessMode)
		}
	}
	if alone(s) && s.Scaling.Max > 1 {
		c.add("metadata.annotations.terrace.dev/max-replicas", "leave it out, or use volumes with the access mode ReadWriteMany",
			"a volume that one pod at a time can write to cannot be shared by %d pods", s.Scaling.Max)
	}
}

func (c *checker) rest(s Spec) {
	if s.Scaling.Min < 0 || s.Scaling.Max < 0 || s.Scaling.Max != 0 && s.Scaling.Max < s.Scaling.Min || s.Scaling.Max > 1000 {
		c.add("metadata.annotations.terrace.dev/max-replicas", "use 1 to 1000, and a maximum that is not below the minimum",
			"%d to %d pods are not possible", s.Scaling.Min, s.Scaling.Max)
	}
	for _, range_ := range s.Egress {
		if _, _, err := egressPeer(range_); err != nil {
			c.add("metadata.annotations.terrace.dev/egress", "write 203.0.113.0/24 or 203.0.113.7/32:443", "%v", err)
		}
	}
	if _, err := s.startTimeout(); err != nil {
		c.add("metadata.annotations.terrace.dev/start-timeout", "write it as 30s or 2m", "%q is no duration", s.StartTimeout)
	}
	for _, name := range s.Security.Capabilities {
		if name != "NET_BIND_SERVICE" {
			c.add("metadata.annotations.terrace.dev/capabilities", "only NET_BIND_SERVICE is allowed by the pod security standard of the namespace",
				"the capability %s is refused", name)
		}
	}
}

func (s Spec) startTimeout() (time.Duration, error) {
	if s.StartTimeout == "" {
		return 0, nil
	}
	return time.ParseDuration(s.StartTimeout)
}

// port finds a port by name; empty is the only one.
func (s Spec) port(name string) (string, bool) {
	if name == "" && len(s.Ports) == 1 {
		return sorted(s.Ports)[0], true
	}
	_, ok := s.Ports[name]
	return name, ok
}

// egressPeer reads a range with an optional port: 203.0.113.0/24:443.
func egressPeer(text string) (prefix netip.Prefix, port int32, err error) {
	network, after, _ := strings.Cut(text, "/")
	bits, portText, hasPort := strings.Cut(after, ":")
	if prefix, err = netip.ParsePrefix(network + "/" + bits); err != nil {
		return prefix, 0, fmt.Errorf("%q is no range of addresses", text)
	}
	if hasPort {
		n, err := strconv.ParseUint(portText, 10, 16)
		if err != nil || n == 0 {
			return prefix, 0, fmt.Errorf("%q has no port from 1 to 65535 at its end", text)
		}
		port = int32(n)
	}
	return prefix.Masked(), port, nil
}

func (f File) size() int {
	switch {
	case f.Content != nil:
		return len(*f.Content)
	case f.BinaryContent != nil:
		return len(*f.BinaryContent)
	default:
		return 0
	}
}
