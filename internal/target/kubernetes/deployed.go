package kubernetes

import (
	"cmp"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/cluster"
)

// The files of a workload that its mesh reads.
const (
	serviceFile    = "service.yaml"
	deploymentFile = "deployment.yaml"
)

// workloads are those of the project, as the files say, in order. What somebody broke says
// nothing: the workload's next apply writes it again.
func (h home) workloads(files map[string][]byte) []cluster.Workload {
	all := map[string]cluster.Workload{}
	for name, content := range files {
		workload, file, ok := strings.Cut(strings.TrimPrefix(name, h.projectFolder()+"/"), "/")
		if !ok {
			continue
		}
		w := all[workload]
		w.Name = workload
		switch file {
		case serviceFile:
			w.Ports = portsOf(content)
		case deploymentFile:
			w.Probes = probesOf(content)
		}
		all[workload] = w
	}
	out := make([]cluster.Workload, 0, len(all))
	for _, w := range all {
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b cluster.Workload) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func portsOf(content []byte) (ports []cluster.Port) {
	var s corev1.Service
	if yaml.Unmarshal(content, &s) != nil {
		return nil
	}
	for _, p := range s.Spec.Ports {
		if p.Protocol == corev1.ProtocolTCP || p.Protocol == "" {
			ports = append(ports, cluster.Port{Service: int(p.Port), Pod: cmp.Or(p.TargetPort.IntValue(), int(p.Port))})
		}
	}
	return ports
}

func probesOf(content []byte) (paths []string) {
	var d appsv1.Deployment
	if yaml.Unmarshal(content, &d) != nil {
		return nil
	}
	for _, c := range slices.Concat(d.Spec.Template.Spec.InitContainers, d.Spec.Template.Spec.Containers) {
		for _, p := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
			if p != nil && p.HTTPGet != nil {
				paths = append(paths, cmp.Or(p.HTTPGet.Path, "/"))
			}
		}
	}
	return paths
}
