package manifest

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// What a container gets where the workload says nothing.
const (
	defaultCPURequest, defaultCPULimit       = "100m", "1"
	defaultMemoryRequest, defaultMemoryLimit = "128Mi", "512Mi"
)

func (b *builder) container(name string) corev1.Container {
	c := b.spec.Containers[name]
	return corev1.Container{
		Name: name, Image: c.Image, Command: plainAll(c.Command), Args: plainAll(c.Args), Env: b.environment(c),
		Ports: b.containerPorts(), Resources: b.resources(c), VolumeMounts: b.mounts(name),
		LivenessProbe: probe(c.Liveness), ReadinessProbe: probe(c.Readiness), StartupProbe: b.startup(c.Liveness),
		SecurityContext: b.containerSecurity(),
	}
}

// initContainer is a container that others wait for: one that ends before they
// start, or one that is started, or ready, before they are and stays beside them.
func (b *builder) initContainer(name string) corev1.Container {
	c, k := b.spec.Containers[name], b.container(name)
	k.Ports = nil
	if c.needs(whenComplete) {
		k.LivenessProbe, k.ReadinessProbe, k.StartupProbe = nil, nil, nil
		return k
	}
	always := corev1.ContainerRestartPolicyAlways
	k.RestartPolicy = &always
	if c.needs(whenHealthy) {
		ready := c.Readiness
		if ready == nil {
			ready = c.Liveness
		}
		k.StartupProbe = b.patient(ready)
	}
	return k
}

// containerPorts names the ports where it is certain whose they are.
func (b *builder) containerPorts() []corev1.ContainerPort {
	if _, main := split(b.spec.Containers); len(main) != 1 {
		return nil
	}
	seen, out := map[string]bool{}, []corev1.ContainerPort(nil)
	for _, name := range sorted(b.spec.Ports) {
		p := b.spec.Ports[name]
		key := strconv.Itoa(int(p.Target())) + string(protocol(p))
		if !seen[key] {
			out = append(out, corev1.ContainerPort{ContainerPort: p.Target(), Protocol: protocol(p)})
		}
		seen[key] = true
	}
	return out
}

func protocol(p Port) corev1.Protocol {
	if p.Protocol == "UDP" {
		return corev1.ProtocolUDP
	}
	return corev1.ProtocolTCP
}

func plainAll(words []string) []string {
	var out []string
	for _, w := range words {
		out = append(out, plain(w))
	}
	return out
}

// environment returns the variables: first those of secrets that are a part of
// others, then the workload's, then those that every workload has.
func (b *builder) environment(c Container) []corev1.EnvVar {
	var own []corev1.EnvVar
	parts := map[string]bool{}
	for _, name := range sorted(c.Variables) {
		t, err := parse(c.Variables[name])
		if err != nil && b.err == nil {
			b.err = err
		}
		if secret, ok := t.only(); ok {
			own = append(own, corev1.EnvVar{Name: name, ValueFrom: b.secretKey(secret)})
			continue
		}
		for _, p := range t {
			if p.secret != "" {
				parts[p.secret] = true
			}
		}
		own = append(own, corev1.EnvVar{Name: name, Value: t.joined()})
	}
	var env []corev1.EnvVar
	for _, secret := range sorted(parts) {
		env = append(env, corev1.EnvVar{Name: secretVariable(secret), ValueFrom: b.secretKey(secret)})
	}
	return append(append(env, own...), b.known(c)...)
}

// known are the variables that the platform sets, but for those of the workload.
func (b *builder) known(c Container) (env []corev1.EnvVar) {
	all := map[string]string{
		"TERRACE_RELEASE": b.spec.Release, "TERRACE_RELEASE_VERSION": b.spec.ReleaseVersion, "TERRACE_SERVICE": b.place.Workload,
		"TERRACE_STAGE": b.place.Stage, "TERRACE_PROJECT": b.place.Project,
	}
	lowest := int32(0)
	for _, name := range sorted(b.spec.Ports) {
		p := b.spec.Ports[name]
		all["PORT_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))] = strconv.Itoa(int(p.Target()))
		if lowest == 0 || p.Port < lowest {
			lowest, all["PORT"] = p.Port, strconv.Itoa(int(p.Target()))
		}
	}
	for _, name := range sorted(all) {
		if _, set := c.Variables[name]; !set {
			env = append(env, corev1.EnvVar{Name: name, Value: plain(all[name])})
		}
	}
	return env
}

func (b *builder) secretKey(name string) *corev1.EnvVarSource {
	return &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: b.secretName()}, Key: name,
	}}
}

// resources gives each container what it asks for, and bounds it.
func (b *builder) resources(c Container) corev1.ResourceRequirements {
	cpu, cpuLimit := amounts(c.CPURequest, c.CPULimit, defaultCPURequest, defaultCPULimit)
	memory, memoryLimit := amounts(c.MemoryRequest, c.MemoryLimit, defaultMemoryRequest, defaultMemoryLimit)
	return corev1.ResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceCPU: cpu, corev1.ResourceMemory: memory},
		Limits:   corev1.ResourceList{corev1.ResourceCPU: cpuLimit, corev1.ResourceMemory: memoryLimit},
	}
}

// amounts fills in what is not given, so that no request is above its limit.
func amounts(request, limit, usual, most string) (resource.Quantity, resource.Quantity) {
	quantity := func(given, otherwise string) resource.Quantity {
		q, err := resource.ParseQuantity(given)
		if err != nil { // not given: check has refused the others
			return resource.MustParse(otherwise)
		}
		return q
	}
	r, l := quantity(request, usual), quantity(limit, most)
	if r.Cmp(l) > 0 {
		if request == "" {
			return l, l
		}
		return r, r
	}
	return r, l
}

func (b *builder) containerSecurity() *corev1.SecurityContext {
	no, readOnly := false, !b.spec.Security.WritableRoot
	capabilities := &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}
	for _, name := range b.spec.Security.Capabilities {
		capabilities.Add = append(capabilities.Add, corev1.Capability(name))
	}
	return &corev1.SecurityContext{AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &readOnly, Capabilities: capabilities}
}

func probe(p *Probe) *corev1.Probe {
	if p == nil {
		return nil
	}
	if p.HTTP == nil {
		return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: p.Exec}}}
	}
	get := &corev1.HTTPGetAction{
		Path: p.HTTP.Path, Port: intstr.FromInt32(p.HTTP.Port), Host: p.HTTP.Host, Scheme: corev1.URIScheme(strings.ToUpper(p.HTTP.Scheme)),
	}
	for _, name := range sorted(p.HTTP.Headers) {
		get.HTTPHeaders = append(get.HTTPHeaders, corev1.HTTPHeader{Name: name, Value: p.HTTP.Headers[name]})
	}
	return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: get}}
}

// startup gives a container that is asked whether it lives its time to start.
func (b *builder) startup(liveness *Probe) *corev1.Probe {
	if b.spec.StartTimeout == "" {
		return nil
	}
	return b.patient(liveness)
}

// patient asks as long as a start may take, a minute unless the workload says otherwise.
func (b *builder) patient(p *Probe) *corev1.Probe {
	out := probe(p)
	if out == nil {
		return nil
	}
	patience, err := b.spec.startTimeout()
	if err != nil || patience == 0 {
		patience = 60e9
	}
	out.PeriodSeconds = startPeriod
	out.FailureThreshold = max(1, int32(patience.Seconds()+startPeriod-1)/startPeriod)
	return out
}
