package render

import (
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
)

func (b *clusterBuilder) container(c workload.Container) map[string]any {
	out := map[string]any{
		"image": escape(b.image(c)), "variables": b.variables(c), "files": b.files(c), "volumes": b.mounts(c),
	}
	for key, words := range map[string][]string{"command": c.Command, "args": c.Args} {
		if len(words) > 0 {
			out[key] = escapeList(words)
		}
	}
	for key, amount := range map[string]string{
		"cpu_request": c.Resources.Requests.CPU, "memory_request": c.Resources.Requests.Memory,
		"cpu_limit": c.Resources.Limits.CPU, "memory_limit": c.Resources.Limits.Memory,
	} {
		if amount != "" {
			out[key] = escape(amount)
		}
	}
	b.probes(c, out)
	if len(c.Before) > 0 {
		before := make(map[string]any, len(c.Before))
		for other, condition := range c.Before {
			before[escape(other)] = string(condition)
		}
		out["before"] = before
	}
	return out
}

func (b *clusterBuilder) probes(c workload.Container, out map[string]any) {
	for key, p := range map[string]*workload.Probe{"liveness": c.LivenessProbe, "readiness": c.ReadinessProbe} {
		if p == nil {
			continue
		}
		if p.HTTP != nil && len(p.Exec) > 0 {
			b.problem(c.At, "containers."+c.Name+"."+key+"Probe", "Kubernetes asks a container in one way, and the probe has httpGet and exec",
				"keep one of them")
		}
		out[key] = probe(*p)
	}
}

// image returns the reference that the release has, with its digest where the
// registry told it.
func (b *clusterBuilder) image(c workload.Container) string {
	at := "containers." + c.Name + ".image"
	if isFolder(c.Image) {
		b.problem(c.At, at, fmt.Sprintf("container %s has the image %q, a folder, which a stage with the runtime kubernetes cannot run", c.Name, c.Image),
			"build the image, push it to a registry and name it here, such as registry.example.com/"+b.in.Workload.Name+":1.0.0, or deploy to a stage with the runtime process")
		return c.Image
	}
	if pinned := b.in.Images[c.Name]; pinned != "" {
		return pinned
	}
	if _, err := name.ParseReference(c.Image); err != nil {
		b.problem(c.At, at, fmt.Sprintf("container %s has the image %q, which is no reference of an image in a registry", c.Name, c.Image),
			"write it as registry.example.com/name:tag")
	}
	return c.Image
}

// isFolder reports whether an image is a folder of the developer's machine.
func isFolder(image string) bool {
	return image == "." || image == ".." || strings.HasPrefix(image, "./") || strings.HasPrefix(image, "../") || strings.HasPrefix(image, "/")
}

// mounts tells volumes that are resources from folders that end with the pod.
func (b *clusterBuilder) mounts(c workload.Container) map[string]any {
	volumes := make(map[string]any, len(c.Volumes))
	for _, target := range sortedKeys(c.Volumes) {
		v, at := c.Volumes[target], "containers."+c.Name+".volumes."+target
		out := map[string]any{"read_only": v.ReadOnly}
		if v.Path != "" {
			out["path"] = escape(v.Path)
		}
		switch ref := onlyReference(v.Source); {
		case ref != nil && b.in.Workload.Resources[ref.Resource].Type == volumeType:
			out["claim"] = escape(ref.Resource)
		case ref == nil && isLiteral(v.Source):
			source, _ := v.Source.Literal()
			out["scratch"] = escape(source)
		default:
			b.problem(v.At, at, fmt.Sprintf("the source %q is no volume", v.Source.Raw), "use a resource of type volume, or a name for an empty folder")
		}
		volumes[escape(target)] = out
	}
	return volumes
}

// onlyReference returns the reference that is the whole value.
func onlyReference(t workload.Template) *workload.Ref {
	if len(t.Parts) != 1 {
		return nil
	}
	return t.Parts[0].Ref
}

func isLiteral(t workload.Template) bool {
	_, ok := t.Literal()
	return ok
}
